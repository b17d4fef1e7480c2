import type { ListOptions } from "@ocilayout/oci-types";
import { requireCount, requireObject, requireString } from "@ocilayout/oci-types/authors";

/** The requested part of a list. */
export interface Page {
  /** The page begins after this key. Absent: at the start. */
  readonly startAfter: string | undefined;
  /** The maximum number of items. Absent: all. */
  readonly limit: number | undefined;
}

/**
 * Checks the options of a list and returns the requested part. An empty `startAfter` counts as absent. Call it before the
 * repository is looked up, so that `NAME_UNKNOWN` does not hide a programming mistake.
 *
 * @throws TypeError or RangeError if `startAfter` is not a string or `limit` is not a non-negative integer.
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
