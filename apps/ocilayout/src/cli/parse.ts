import { createRequire } from "node:module";

import { UsageError } from "../errors/usage-error.ts";
import { writeText } from "../output/output.ts";
import { commandHelp, commonSpecs, PLACES_TOPIC, placesHelp, verbHelp } from "../parsing/help.ts";
import { nearest } from "../parsing/nearest.ts";
import { asksForHelp, parseArguments } from "../parsing/parse-arguments.ts";
import { placeSpecs, readPlaceOptions } from "../parsing/place-options.ts";
import type { Context } from "../parsing/verb.ts";
import { usageOf, type VerbEntry } from "../parsing/verb-entry.ts";
import { COMPLETE, verbs } from "./verbs.ts";

/** A verb with its arguments, ready to run. Resolves to the exit code. */
export type Task = (context: Context) => Promise<number>;

/**
 * Parses a command line. Returns the task that it describes, without running it.
 *
 * @param width - The width of help texts.
 * @throws {@link UsageError} If the command line is invalid.
 */
export async function parse(args: readonly string[], width: number): Promise<Task> {
  const [first, ...rest] = args;
  if (first === undefined)
    return async ({ output }) => output.note(commandHelp(verbs, width).trimEnd()).then(() => 2);
  if (first === COMPLETE) {
    const { complete } = await import("../completion/complete.ts");
    return async ({ output }) => complete(rest, verbs, output);
  }
  if (first === "--version") return printing(readVersion());
  if (first === "--help" || first === "-h") return printing(commandHelp(verbs, width));
  if (first === "help") {
    const [name] = rest;
    if (name === undefined) return printing(commandHelp(verbs, width));
    if (name === PLACES_TOPIC) return printing(placesHelp(width));
    return parse([name, "--help"], width);
  }
  // Options may stand before the verb.
  const at = args.findIndex((arg) => !arg.startsWith("-"));
  const name = args[at];
  if (name === undefined)
    throw new UsageError(`a verb is needed: ${verbs.map((entry) => entry.name).join(", ")}`);
  const entry = verbs.find((it) => it.name === name);
  if (entry === undefined) throw unknownVerb(name);
  return parseVerb(entry, [...args.slice(0, at), ...args.slice(at + 1)], width);
}

/** Returns the help command for the command line `args`. */
export function helpFor(args: readonly string[]): string {
  const name = args.find((arg) => !arg.startsWith("-"));
  return verbs.some((entry) => entry.name === name) ? `ocilayout ${name ?? ""} --help` : "ocilayout --help";
}

async function parseVerb(entry: VerbEntry, words: readonly string[], width: number): Promise<Task> {
  const { verb } = await entry.load();
  if (asksForHelp(words)) return printing(verbHelp(entry, verb, width));
  const places = verb.hasPlaces ? placeSpecs : {};
  const specs = { positionals: verb.positionals, options: { ...verb.options, ...commonSpecs, ...places } };
  const { positionals, options } = parseArguments(words, specs, usageOf(entry.name, verb));
  const args = { ...options, ...positionals, places: readPlaceOptions(options) };
  // The specifications of the verb describe exactly the type of its arguments.
  return async (context) => (await verb.run(args as never, context)) ?? 0;
}

function printing(text: string): Task {
  return async ({ output }) => writeText(output, text).then(() => 0);
}

/** Verbs of other programs, with the verb that does the same here. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ["attach", "push --subject"],
  ["catalog", "ls"],
  ["cp", "copy"],
  ["create", "init"],
  ["delete", "rm"],
  ["discover", "referrers"],
  ["export", "save or extract"],
  ["fetch", "copy or cat"],
  ["get", "cat"],
  ["images", "ls"],
  ["import", "load"],
  ["list", "ls or tags"],
  ["manifest", "cat"],
  ["mirror", "sync"],
  ["mutate", "config, append or annotate"],
  ["prune", "gc"],
  ["registry", "serve"],
  ["remove", "rm"],
  ["resolve", "digest"],
  ["tree", "show"],
  ["unpack", "extract"],
  ["validate", "verify"],
]);

function unknownVerb(name: string): UsageError {
  const all = verbs.map((entry) => entry.name);
  const other = OTHER_WORDS.get(name);
  const near = other === undefined ? nearest(name, all) : [other];
  const hint = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `the verbs are ${all.join(", ")}`;
  return new UsageError(`unknown verb ${JSON.stringify(name)}: ${hint}`);
}

function readVersion(): string {
  return (createRequire(import.meta.url)("ocilayout/package.json") as { readonly version: string }).version;
}
