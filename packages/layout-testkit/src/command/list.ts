import type { ConformanceCase } from "../case/case.ts";
import { allCases } from "../cases/index.ts";
import { labelsOf } from "../case/cites.ts";
import { isSelected } from "../run/select.ts";
import { UsageError } from "./usage.ts";

/**
 * Returns every case that `only` selects, whatever the backend.
 *
 * @throws UsageError if an item of `only` begins no id.
 */
export function findCases(only: readonly string[] = []): readonly ConformanceCase[] {
  for (const start of only)
    if (!allCases.some(({ id }) => id.startsWith(start)))
      throw new UsageError(`no case begins with "${start}"`);
  return allCases.filter((it) => isSelected(it, only));
}

/** Formats the cases, one per line. */
export function formatList(cases: readonly ConformanceCase[]): string {
  const width = cases.reduce((most, { id }) => Math.max(most, id.length), 0);
  return cases
    .map(
      ({ id, level, title, cites }) =>
        `${id.padEnd(width)}  ${level.padEnd(6)}  ${title}  (${labelsOf(cites)})\n`,
    )
    .join("");
}
