import type { ConfigChanges } from "@ocilayout/oci-image";

import { UsageError } from "../errors/usage-error.ts";
import { parsePairs } from "../parsing/pairs.ts";
import { list, type List, text, type Text, type ValuesOf } from "../parsing/spec.ts";

/** The options that change a config. */
export const configSpecs: {
  readonly entrypoint: Text<undefined>;
  readonly cmd: Text<undefined>;
  readonly env: List;
  readonly label: List;
  readonly user: Text<undefined>;
  readonly workdir: Text<undefined>;
  readonly remove: List;
} = {
  entrypoint: text(
    "JSON",
    'Set the command: one word, or an array such as \'["node", "/app.js"]\'; without --cmd, this removes the arguments',
  ),
  cmd: text("JSON", "Set the arguments of the entry point, or the command if there is no entry point"),
  env: list("NAME=VALUE", "Set a variable of the environment"),
  label: list("NAME=VALUE", "Set a label"),
  user: text("USER", "Set the user and the group of the process, such as 1000:1000"),
  workdir: text("DIRECTORY", "Set the working directory of the process"),
  remove: list("WHAT", "Remove entrypoint, cmd, user, workdir, env.NAME or label.NAME"),
};

/** A change of a config while it is collected. */
type Change = { -readonly [Name in keyof ConfigChanges]: ConfigChanges[Name] };

/**
 * Returns the changes of a config that options describe, or `undefined` if they describe none.
 *
 * @throws {@link UsageError} for an invalid value, and for something that is both set and removed.
 */
export function readConfigOptions(options: ValuesOf<typeof configSpecs>): ConfigChanges | undefined {
  const { user, workdir } = options;
  const env: Map<string, string | null> = new Map(Object.entries(parsePairs(options.env, "--env")));
  const labels: Map<string, string | null> = new Map(Object.entries(parsePairs(options.label, "--label")));
  const changes: Change = {
    entrypoint: parseCommand(options.entrypoint, "--entrypoint"),
    cmd: parseCommand(options.cmd, "--cmd"),
    user,
    workingDirectory: workdir,
  };
  for (const what of options.remove) {
    const [, map, name = ""] = /^(env|label)\.(.+)$/s.exec(what) ?? [];
    if (map !== undefined) remove(map === "env" ? env : labels, name, what);
    else removeMember(changes, what);
  }
  if (env.size > 0) changes.env = Object.fromEntries(env);
  if (labels.size > 0) changes.labels = Object.fromEntries(labels);
  return Object.values(changes).every((value) => value === undefined) ? undefined : changes;
}

function remove(map: Map<string, string | null>, name: string, what: string): void {
  if (typeof map.get(name) === "string") throw new UsageError(`cannot set and remove ${what}`);
  map.set(name, null);
}

const MEMBERS: ReadonlyMap<string, "entrypoint" | "cmd" | "user" | "workingDirectory"> = new Map([
  ["entrypoint", "entrypoint"],
  ["cmd", "cmd"],
  ["user", "user"],
  ["workdir", "workingDirectory"],
]);

function removeMember(changes: Change, what: string): void {
  const member = MEMBERS.get(what);
  if (member === undefined)
    throw new UsageError(
      `--remove needs entrypoint, cmd, user, workdir, env.NAME or label.NAME, not ${JSON.stringify(what)}`,
    );
  if (changes[member] !== undefined && changes[member] !== null)
    throw new UsageError(`cannot set and remove ${what}`);
  changes[member] = null;
}

/** Parses a command: one word, or an array of texts as JSON. */
function parseCommand(value: string | undefined, option: string): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (/^[^\s[]+$/.test(value)) return [value];
  const parsed = parseJson(value);
  if (Array.isArray(parsed) && parsed.every((it): it is string => typeof it === "string")) return parsed;
  throw new UsageError(`${option} needs one word, or an array of texts such as '["node", "/app.js"]'`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
