import type { LayoutOptions } from "@ocilayout/layout-core";

/**
 * Options of {@link openPerRepository}: those of `openLayout`, for each of the layouts, but for the default repository,
 * which is each layout's own.
 */
export interface PerRepositoryOptions extends Omit<
  LayoutOptions,
  "defaultRepository" | "refNameStyle" | "within" | "blobDirectory"
> {
  /** How many layouts are kept open at most, but for those that are being used. Default 64, at least 1. */
  readonly maxOpenLayouts?: number | undefined;
}

/** Refuses what makes no sense. */
export function requireMost(value: number): number {
  if (typeof value !== "number") throw new TypeError(`maxOpenLayouts must be a number, not ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError("maxOpenLayouts must be a positive integer");
  return value;
}
