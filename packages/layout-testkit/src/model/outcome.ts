import { isRegistryError } from "@ocilayout/oci-types";

import type { Operation, Session } from "./operation.ts";

/** The outcome of a call: a value, or the code or name of an error. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: string | undefined;
}

/** Makes the call and returns its outcome. */
export async function outcomeOf(operation: Operation, session: Session): Promise<Outcome> {
  try {
    return { value: (await operation.run(session)) ?? null };
  } catch (error) {
    if (isRegistryError(error)) {
      const { eitherCode } = operation;
      return { error: eitherCode.includes(error.code) ? eitherCode.join(" or ") : error.code };
    }
    if (error instanceof TypeError || error instanceof RangeError) return { error: error.name };
    throw error;
  }
}

/** Converts an outcome to text that can be compared. */
export function describeOutcome(outcome: Outcome): string {
  return outcome.error === undefined
    ? JSON.stringify(outcome.value, sortMembers)
    : `rejection with ${outcome.error}`;
}

/** Sorts the members of an object, because their order has no meaning. */
function sortMembers(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Groups of codes that are equally right because the contract leaves the choice open. */
const SAME: readonly (readonly string[])[] = [
  ["NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"],
  ["BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"],
];

/** Whether the contract allows `received` in place of `expected`. */
export function isAsGood(
  { name, args }: Operation,
  received: Outcome,
  expected: Outcome,
  full: readonly string[],
): boolean {
  if (describeOutcome(received) === describeOutcome(expected)) return true;
  if (received.error !== undefined && expected.error !== undefined) {
    const errors = [received.error.split(" or "), expected.error.split(" or ")];
    return SAME.some((same) => errors.every((either) => either.some((error) => same.includes(error))));
  }
  // A repository that has only blobs may exist or not.
  if (name === "tags")
    return [received, expected].every(
      (it) => it.error === "NAME_UNKNOWN" || (Array.isArray(it.value) && it.value.length === 0),
    );
  if (name === "repositories" && received.error === undefined)
    return isListOf(received.value, args[0] as Page, full);
  return false;
}

interface Page {
  readonly startAfter?: string;
  readonly limit?: number;
}

/** Whether a list is sorted and has every repository with a manifest. Other repositories may be listed or not. */
function isListOf(
  received: unknown,
  { startAfter = "", limit = Infinity }: Page,
  full: readonly string[],
): boolean {
  if (!Array.isArray(received) || received.length > limit) return false;
  const names = received as string[];
  const isSorted = names.every((name, i) => name > (i === 0 ? startAfter : (names[i - 1] ?? "")));
  const last = names.length < limit ? undefined : (names.at(-1) ?? "");
  const due = full.filter((name) => name > startAfter && (last === undefined || name <= last));
  return isSorted && due.every((name) => names.includes(name));
}
