import { largest } from "../output/text.ts";
import { placeSpecs } from "./place-options.ts";
import type { Option, Options } from "./spec.ts";
import type { Verb } from "./verb.ts";
import { usageOf, type VerbEntry } from "./verb-entry.ts";

/** The options of every verb. */
export const commonSpecs: Options = {
  json: { kind: "flag", describe: "Print JSON" },
};

/** Returns the help of the whole command: its verbs in groups. */
export function commandHelp(entries: readonly VerbEntry[], width: number): string {
  const longest = largest(entries.map(({ name }) => name.length));
  const blocks = Array.from(groupsOf(entries), ([group, members]) => {
    const rows = members.map(({ name, summary }) => row(name, summary, longest, width));
    return `${group}:\n${rows.join("\n")}`;
  });
  return [
    "ocilayout VERB [ARGUMENTS]",
    wrap(INTRODUCTION, width, 0),
    START.join("\n"),
    ...blocks,
    block(PLACES_TITLE, PLACES, width),
    wrap(
      "ocilayout help VERB, or VERB --help, shows the arguments and examples of a verb. ocilayout help places shows the options of places. ocilayout --version prints the version.",
      width,
      0,
    ),
    "",
  ].join("\n\n");
}

const INTRODUCTION =
  "Copies, inspects, changes and serves container images and artifacts in layouts, archives and registries. " +
  "A layout is a directory with images, in the format OCI Image Layout.";

/** The topic of `ocilayout help` that describes places. */
export const PLACES_TOPIC: string = "places";

/** Returns the help about places, with the options of each verb that has a place. */
export function placesHelp(width: number): string {
  const note = "Each verb with a place has these options. Put them anywhere after ocilayout.";
  const options = block("Options of places", rowsOf(placeSpecs), width);
  return `${[block(PLACES_TITLE, PLACES, width), options, wrap(note, width, 0)].join("\n\n")}\n`;
}

/** A first session. */
const START: readonly string[] = [
  "  ocilayout copy docker://alpine:3 images/alpine:3   # creates the layout images",
  "  ocilayout ls images",
  "  ocilayout save images/alpine:3 | docker load",
];

const PLACES_TITLE = "Places, which most arguments are";

const PLACES: readonly (readonly [string, string])[] = [
  ["images", "a layout"],
  ["images/team/app:v1", "a tag in it: DIRECTORY/REPOSITORY:TAG"],
  ["images//team/app:v1", "the same; // marks the end of the directory of a new layout"],
  ["images.tar, images.tar:app:v1", "an archive, and an image in it"],
  ["tree:trees//team/app:v1", "a directory with one layout per repository"],
  ["docker://host/app:v1", "a registry; also host.example/app:v1 and localhost:5000/app:v1"],
  ["…@sha256:…", "a digest, instead of a tag"],
  ["", "If a file or directory has the name, it is meant, and not a registry."],
];

function groupsOf(entries: readonly VerbEntry[]): Map<string, VerbEntry[]> {
  const groups: Map<string, VerbEntry[]> = new Map();
  for (const entry of entries) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  return groups;
}

/** Returns the help of one verb: usage, arguments, options and examples. */
export function verbHelp({ name, summary }: VerbEntry, verb: Verb, width: number): string {
  const positionals: [string, string][] = Object.entries(verb.positionals).map(([argument, { describe }]) => [
    argument,
    describe,
  ]);
  const blocks = [
    `ocilayout ${usageOf(name, verb)}\n\n${wrap(`${summary}.`, width, 0)}`,
    block("Arguments", positionals, width),
    block("Options", rowsOf({ ...verb.options, ...commonSpecs }), width),
    verb.examples.length === 0
      ? ""
      : `Examples:\n${verb.examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`).join("\n")}`,
    verb.hasPlaces ? wrap("Options of places (registries, TLS, token): ocilayout help places", width, 0) : "",
  ];
  return `${blocks.filter((it) => it !== "").join("\n\n")}\n`;
}

function rowsOf(options: Options): [string, string][] {
  return Object.entries(options).map(([name, option]) => [optionUsage(name, option), describe(option)]);
}

function optionUsage(name: string, option: Option): string {
  return option.kind === "flag" ? `--${name}` : `--${name} ${option.value}`;
}

function describe(option: Option): string {
  if (option.kind === "list") return `${option.describe}; can be repeated`;
  return option.kind === "text" && option.initial !== undefined
    ? `${option.describe} [default: ${option.initial}]`
    : option.describe;
}

function block(title: string, rows: readonly (readonly [string, string])[], width: number): string {
  if (rows.length === 0) return "";
  const longest = Math.min(30, largest(rows.map(([name]) => name.length)));
  return `${title}:\n${rows.map(([name, meaning]) => row(name, meaning, longest, width)).join("\n")}`;
}

function row(name: string, meaning: string, longest: number, width: number): string {
  const indent = longest + 4;
  const head = name.length > longest ? `  ${name}\n${" ".repeat(indent)}` : `  ${name.padEnd(longest)}  `;
  return `${head}${wrap(meaning, width, indent)}`;
}

/** Breaks `text` into lines of at most `width`; the first one begins at column `indent`. */
function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}
