import { type Output, writeText } from "../output/output.ts";
import { printable } from "../output/text.ts";
import { commonSpecs, PLACES_TOPIC } from "../parsing/help.ts";
import { placeSpecs } from "../parsing/place-options.ts";
import type { Options } from "../parsing/spec.ts";
import type { Verb } from "../parsing/verb.ts";
import type { VerbEntry } from "../parsing/verb-entry.ts";
import { completePlace } from "./complete-place.ts";

/**
 * Prints the candidates for the last of the words after `ocilayout`, one in each line. A failure prints none, because a shell
 * cannot show it. It never asks a registry.
 */
export async function complete(
  words: readonly string[],
  verbs: readonly VerbEntry[],
  output: Output,
): Promise<number> {
  const candidates = await findCandidates(words, verbs).catch(() => []);
  for (const candidate of candidates)
    if (printable(candidate) === candidate) await writeText(output, candidate);
  return 0;
}

async function findCandidates(words: readonly string[], verbs: readonly VerbEntry[]): Promise<string[]> {
  const word = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const names = verbs.map(({ name }) => name);
  if (before.length === 1 && before[0] === "help")
    return [...names, PLACES_TOPIC].filter((name) => name.startsWith(word));
  const at = before.findIndex((it) => !it.startsWith("-"));
  const entry = verbs.find(({ name }) => name === before[at]);
  if (at < 0) return [...names, "help"].filter((name) => name.startsWith(word));
  if (entry === undefined) return [];
  const { verb } = await entry.load();
  const options = { ...verb.options, ...commonSpecs, ...(verb.hasPlaces ? placeSpecs : {}) };
  if (word.startsWith("-"))
    return Object.keys(options)
      .map((name) => `--${name}`)
      .filter((name) => name.startsWith(word));
  const count = countArguments(before.slice(at + 1), options);
  if (count === undefined) return [];
  return positionalAt(verb, count)?.completes === "place" ? completePlace(word) : [];
}

/** Returns the number of positional arguments, or `undefined` if the next word is the value of an option. */
function countArguments(words: readonly string[], options: Options): number | undefined {
  let count = 0;
  let isValue = false;
  for (const word of words) {
    if (isValue) isValue = false;
    else if (!word.startsWith("-")) count += 1;
    else isValue = !word.includes("=") && (options[word.slice(2)]?.kind ?? "flag") !== "flag";
  }
  return isValue ? undefined : count;
}

function positionalAt({ positionals }: Verb, at: number): Verb["positionals"][string] | undefined {
  const all = Object.values(positionals);
  const last = all.at(-1);
  return all[at] ?? (last?.isMany === true ? last : undefined);
}
