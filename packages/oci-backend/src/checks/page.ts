import type { ListOptions } from "@ocilayout/oci-types";
import { requireCount, requireObject, requireString } from "@ocilayout/oci-types/authors";

/** The part of a list that a caller asks for. */
export interface Page {
  /** Only what comes after this; absent for all. */
  readonly startAfter: string | undefined;
  /** At most so many; absent for all. */
  readonly limit: number | undefined;
}

/**
 * Returns the part of a list that its options ask for, checked. An empty `startAfter` counts as absent. A list asks for
 * it before it looks for its repository, so that a mistake is never hidden behind `NAME_UNKNOWN`.
 *
 * @throws TypeError or RangeError if `startAfter` is not a string or `limit` not a non-negative integer.
 */
export function requirePage(options: ListOptions): Page {
  requireObject(options, "options");
  const { startAfter, limit } = options;
  if (startAfter !== undefined) requireString(startAfter, "startAfter");
  return {
    startAfter: startAfter === "" ? undefined : startAfter,
    limit: limit === undefined ? undefined : requireCount(limit, "limit"),
  };
}
