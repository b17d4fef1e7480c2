import fc from "fast-check";

import type { ConformanceCase } from "../case/case.ts";
import { allCases } from "../cases/index.ts";
import type { ConformanceSettings } from "./options.ts";
import { doesPromise } from "./options.ts";

/**
 * Rejects settings that select no case, whatever the registry promises: an empty run would prove nothing.
 *
 * @throws RangeError if no case is selected, or an id in `only` or `skip` is unknown.
 */
export function requireCases(settings: ConformanceSettings): void {
  const { only, skip } = settings;
  for (const id of Object.keys(skip))
    if (!allCases.some((it) => it.id === id))
      throw new RangeError(`cannot skip ${id}: it is not the id of a case`);
  for (const start of only)
    if (start === "" || !allCases.some(({ id }) => id.startsWith(start)))
      throw new RangeError(`no case begins with "${start}"`);
  if (!allCases.some((it) => isSelected(it, only) && mayApply(it, settings))) throw noCase();
}

/**
 * Returns the cases that apply to a backend with these settings, in the order in which they run.
 *
 * @throws RangeError if no case applies.
 */
export function selectCases(settings: ConformanceSettings): readonly ConformanceCase[] {
  const { only, shuffle, seed } = settings;
  const selected = allCases.filter((it) => isSelected(it, only) && applies(it, settings));
  if (selected.length === 0) throw noCase();
  if (!shuffle) return selected;
  const orders = fc.shuffledSubarray([...selected], { minLength: selected.length });
  return fc.sample(orders, { seed, numRuns: 1 })[0] ?? selected;
}

/** Whether a case's id is in `only`, or begins with an item that is not itself an id. An empty `only` selects every case. */
export function isSelected({ id }: ConformanceCase, only: readonly string[]): boolean {
  return (
    only.length === 0 ||
    only.some((start) => id === start || (id.startsWith(start) && !allCases.some((it) => it.id === start)))
  );
}

/** Whether a case applies to the capabilities of the backend. */
function applies(it: ConformanceCase, settings: ConformanceSettings): boolean {
  return mayApply(it, settings) && (it.unless === undefined || !doesPromise(settings, it.unless));
}

/** Whether a case could apply, whatever its registry reports for capabilities that the settings leave open. */
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
    "no case is left to run: the selected cases do not apply to the capabilities and options of this backend",
  );
}
