import { parseArgs } from "node:util";

import { UsageError } from "../errors/usage-error.ts";
import { nearest } from "./nearest.ts";
import type { Options, Positionals } from "./spec.ts";

/** The parsed words after a verb. */
export interface Parsed {
  readonly positionals: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

/** Whether the words after a verb ask for its help. */
export function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? words.length : end).some((word) => word === "--help" || word === "-h");
}

/**
 * Parses the words after a verb.
 *
 * @param usage - The usage of the verb, for messages.
 * @throws {@link UsageError} for an unknown option, a missing or an additional argument, and an option without its value.
 */
export function parseArguments(
  words: readonly string[],
  specs: { readonly positionals: Positionals; readonly options: Options },
  usage: string,
): Parsed {
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(specs.options).map(([name, { kind }]) => [
        name,
        { type: kind === "flag" ? "boolean" : "string" },
      ]),
    ),
  });
  const found: string[] = [];
  const values: Map<string, string | boolean | string[]> = new Map();
  for (const token of tokens) {
    if (token.kind === "positional") found.push(token.value);
    if (token.kind === "option") readOption(token, specs.options, values);
  }
  const options = Object.fromEntries(
    Object.entries(specs.options).map(([name, spec]) => [name, values.get(name) ?? defaultOf(spec)]),
  );
  return { positionals: assign(found, specs.positionals, usage), options };
}

function defaultOf(spec: Options[string]): Parsed["options"][string] {
  if (spec.kind === "flag") return false;
  return spec.kind === "list" ? [] : spec.initial;
}

function readOption(
  token: { readonly name: string; readonly rawName: string; readonly value?: string | undefined },
  specs: Options,
  values: Map<string, string | boolean | string[]>,
): void {
  const { name, rawName, value } = token;
  const spec = Object.hasOwn(specs, name) && rawName === `--${name}` ? specs[name] : undefined;
  if (spec === undefined) {
    const near = nearest(name, Object.keys(specs));
    const hint = near.length === 0 ? "" : `: did you mean --${near.join(" or --")}?`;
    throw new UsageError(`unknown option ${rawName}${hint}`);
  }
  if (spec.kind === "flag") {
    if (value !== undefined) throw new UsageError(`--${name} has no value: leave out =${value}`);
    values.set(name, true);
    return;
  }
  if (value === undefined) throw new UsageError(`--${name} needs a value: --${name} ${spec.value}`);
  const before = values.get(name);
  if (spec.kind === "list") {
    if (Array.isArray(before)) before.push(value);
    else values.set(name, [value]);
    return;
  }
  if (before !== undefined) throw new UsageError(`--${name} can be given only once`);
  values.set(name, value);
}

function assign(found: readonly string[], specs: Positionals, usage: string): Parsed["positionals"] {
  const entries = Object.entries(specs);
  const missing = entries.filter(([, { isRequired }], at) => isRequired && at >= found.length);
  if (missing.length > 0) {
    const names = missing.map(([name]) => name.toUpperCase());
    throw new UsageError(`${usage.split(" ")[0] ?? ""} needs ${names.join(" and ")}: ocilayout ${usage}`);
  }
  const takesAll = entries.at(-1)?.[1].isMany === true;
  const extra = takesAll ? undefined : found[entries.length];
  if (extra !== undefined)
    throw new UsageError(`unexpected argument ${JSON.stringify(extra)}: ocilayout ${usage}`);
  return Object.fromEntries(
    entries.map(([name, { isMany }], at) => [name, isMany ? found.slice(at) : found[at]]),
  );
}
