import fc from "fast-check";

import type { ConformanceCase } from "../case/case.ts";
import { allCases } from "../cases/index.ts";
import type { ConformanceSettings } from "./options.ts";
import { doesPromise } from "./options.ts";

/** The cases that are about a backend of these settings, in the order in which they are run. */
export function selectCases(settings: ConformanceSettings): readonly ConformanceCase[] {
  const { only, skip, shuffle, seed } = settings;
  for (const id of Object.keys(skip))
    if (!allCases.some((it) => it.id === id)) throw new RangeError(`there is no case ${id} to skip`);
  for (const start of only)
    if (start === "" || !allCases.some(({ id }) => id.startsWith(start)))
      throw new RangeError(`no case begins with "${start}"`);
  const selected = allCases.filter((it) => isSelected(it, only) && applies(it, settings));
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
function applies(
  { needs = [], unless, needsLayout, isLong }: ConformanceCase,
  settings: ConformanceSettings,
): boolean {
  if (needsLayout === true && settings.layoutDirectory === undefined) return false;
  if (isLong === true && settings.runs === 0) return false;
  return (
    needs.every((name) => doesPromise(settings, name)) &&
    (unless === undefined || !doesPromise(settings, unless))
  );
}
