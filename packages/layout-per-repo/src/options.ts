import type { LayoutOptions } from "@ocilayout/layout-core";

/**
 * Options of {@link openPerRepository}: the options of `openLayout`, applied to each layout, without the default
 * repository. That is the repository of each layout.
 */
export interface PerRepositoryOptions extends Omit<
  LayoutOptions,
  "defaultRepository" | "refNameStyle" | "within" | "blobDirectory"
> {
  /** The largest number of layouts kept open, in addition to those in use. Defaults to 64; at least 1. */
  readonly maxOpenLayouts?: number | undefined;
}

/** Validates `maxOpenLayouts`. */
export function requireMost(value: number): number {
  if (typeof value !== "number") throw new TypeError(`maxOpenLayouts must be a number, not ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError("maxOpenLayouts must be a positive integer");
  return value;
}
