import type { CaseResult } from "../run/report.ts";

/** From this number of failures, the command gives advice about all of them. */
const MANY = 5;

/** The clauses that a backend keeps by checking a change together with making it. */
const CHECKED_CHANGE = /^clause (?:12, same bytes|13, sizes|14|15|16)\b/;

/**
 * Returns advice for an author whose registry fails many cases, one line each.
 *
 * @param failures - The cases that failed, in the order of the kit.
 */
export function advise(failures: readonly Pick<CaseResult, "id" | "cites">[]): string[] {
  const unchecked = failures.filter(({ cites }) => cites.some(({ label }) => CHECKED_CHANGE.test(label)));
  const [first] = failures;
  return [
    ...(unchecked.length < MANY
      ? []
      : [
          `${unchecked.length} of the failed cases are about checks before a change: ` +
            "defineBackend makes these checks for a backend that has the method `manifests`",
        ]),
    ...(first === undefined || failures.length <= MANY
      ? []
      : [`begin with ${first.id}: later cases build on earlier ones`]),
  ];
}
