import fc from "fast-check";

import type { ConformanceCase } from "../case/case.ts";
import { allCases } from "../cases/index.ts";
import type { ConformanceSettings } from "./options.ts";
import { doesPromise } from "./options.ts";

/**
 * Refuses settings that leave no case, whatever the registry promises: a run of none proves nothing.
 *
 * @throws RangeError for ids that no case has, too.
 */
export function requireCases(settings: ConformanceSettings): void {
  const { only, skip } = settings;
  for (const id of Object.keys(skip))
    if (!allCases.some((it) => it.id === id)) throw new RangeError(`there is no case ${id} to skip`);
  for (const start of only)
    if (start === "" || !allCases.some(({ id }) => id.startsWith(start)))
      throw new RangeError(`no case begins with "${start}"`);
  if (!allCases.some((it) => isSelected(it, only) && mayApply(it, settings))) throw noCase();
}

/**
 * The cases that are about a backend of these settings, in the order in which they are run.
 *
 * @throws RangeError if there is none.
 */
export function selectCases(settings: ConformanceSettings): readonly ConformanceCase[] {
  const { only, shuffle, seed } = settings;
  const selected = allCases.filter((it) => isSelected(it, only) && applies(it, settings));
  if (selected.length === 0) throw noCase();
  if (!shuffle) return selected;
  const orders = fc.shuffledSubarray([...selected], { minLength: selected.length });
  return fc.sample(orders, { seed, numRuns: 1 })[0] ?? selected;
}

/** Whether a case's id is one of `only`, or begins with one that is no case's id; with none, every case is selected. */
export function isSelected({ id }: ConformanceCase, only: readonly string[]): boolean {
  return (
    only.length === 0 ||
    only.some((start) => id === start || (id.startsWith(start) && !allCases.some((it) => it.id === start)))
  );
}

/** Whether a case is about what the backend promises, or does not. */
function applies(it: ConformanceCase, settings: ConformanceSettings): boolean {
  return mayApply(it, settings) && (it.unless === undefined || !doesPromise(settings, it.unless));
}

/** Whether a case is about a backend of these settings, if its registry says the right thing where they say nothing. */
function mayApply(
  { needs = [], unless, needsLayout, isLong }: ConformanceCase,
  settings: ConformanceSettings,
): boolean {
  if (needsLayout === true && settings.layoutDirectory === undefined) return false;
  if (isLong === true && settings.runs === 0) return false;
  return (
    needs.every((name) => doesPromise(settings, name)) &&
    (unless === undefined || settings.capabilities[unless] !== true)
  );
}

function noCase(): RangeError {
  return new RangeError(
    "no case is left to run: those selected are about what this backend is not asked for",
  );
}
