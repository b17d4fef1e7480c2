import { excerpt, requireObject } from "@ocilayout/oci-types/authors";

import type { ImageConfig, ImageConfigDefaults } from "../reading/image-config.ts";
import { changeEnvironment, requireEnvironment } from "./environment.ts";
import { changeMembers } from "./members.ts";
import type { CheckedTextChanges, TextChanges } from "./text-changes.ts";
import { changeTexts, requireStorable, requireTextChanges } from "./text-changes.ts";

/**
 * Changes of the defaults for running a container. An absent member changes nothing, and `null` removes a value.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/config.md#properties}
 */
export interface ConfigChanges {
  /** Variables of the environment, by name. Other variables stay, in their order. */
  readonly env?: TextChanges | undefined;
  /** The command, and its first arguments. Without `cmd`, this also removes the arguments, as a Dockerfile does. */
  readonly entrypoint?: readonly string[] | null | undefined;
  /** The arguments of the entry point, or the command if there is no entry point. */
  readonly cmd?: readonly string[] | null | undefined;
  /** Labels of the image. Other labels stay, in their order. */
  readonly labels?: TextChanges | undefined;
  /** The user and the group of the process: `"1000:1000"`, `"www-data"`. */
  readonly user?: string | null | undefined;
  /** The working directory of the process. */
  readonly workingDirectory?: string | null | undefined;
}

/** Checked {@link ConfigChanges}. */
export interface CheckedConfigChanges extends Omit<ConfigChanges, "env" | "labels"> {
  readonly env: CheckedTextChanges | undefined;
  readonly labels: CheckedTextChanges | undefined;
}

/** The members of {@link ConfigChanges}. */
const MEMBERS: readonly (keyof ConfigChanges)[] = [
  "env",
  "entrypoint",
  "cmd",
  "labels",
  "user",
  "workingDirectory",
];

/** Other names of members: those of the config itself, and of a Dockerfile, in lower case. */
const OTHER_NAMES: ReadonlyMap<string, keyof ConfigChanges> = new Map([
  ["environment", "env"],
  ["command", "cmd"],
  ["label", "labels"],
  ["workdir", "workingDirectory"],
  ["workingdir", "workingDirectory"],
]);

/**
 * Checks that `changes` has only members of {@link ConfigChanges}.
 *
 * @throws TypeError for another member. A misspelt change must not be ignored.
 */
function requireKnownMembers(changes: ConfigChanges): void {
  for (const name of Object.keys(changes)) {
    if (MEMBERS.some((member) => member === name)) continue;
    const lower = name.toLowerCase();
    const meant = OTHER_NAMES.get(lower) ?? MEMBERS.find((member) => member.toLowerCase() === lower);
    const hint = meant === undefined ? `the changes are ${MEMBERS.join(", ")}` : `did you mean ${meant}?`;
    throw new TypeError(`${excerpt(name)} is not a change of a config: ${hint}`);
  }
}

/**
 * Checks changes of a config, and copies them.
 *
 * @throws TypeError for an unknown member, and for a value of another type.
 * @throws `RegistryError` `MANIFEST_INVALID` for a value that a process cannot receive.
 */
export function requireConfigChanges(changes: ConfigChanges): CheckedConfigChanges {
  requireObject(changes, "changes of a config");
  requireKnownMembers(changes);
  const { env, entrypoint, cmd, labels, user, workingDirectory } = changes;
  return {
    env: env === undefined ? undefined : requireEnvironment(env),
    entrypoint: requireArguments(entrypoint, "entrypoint"),
    cmd: requireArguments(cmd, "cmd"),
    labels: labels === undefined ? undefined : requireTextChanges(labels, "labels"),
    user: requireText(user, "user"),
    workingDirectory: requireText(workingDirectory, "workingDirectory"),
  };
}

function requireText(text: string | null | undefined, what: string): string | null | undefined {
  if (text !== undefined && text !== null) requireStorable(text, what);
  return text;
}

function requireArguments(
  list: readonly string[] | null | undefined,
  what: string,
): readonly string[] | null | undefined {
  if (list === undefined || list === null) return list;
  if (!Array.isArray(list)) throw new TypeError(`${what} must be an array of strings, not ${typeof list}`);
  return list.map((text: unknown) => {
    requireStorable(text, `an element of ${what}`);
    return text;
  });
}

/** Applies changes to a config. It keeps the order of the members, and members that it does not know. */
export function changeConfig(config: ImageConfig, changes: CheckedConfigChanges): ImageConfig {
  const before = config.config ?? {};
  const after = changeMembers(before, changedDefaults(before, changes));
  const isAbsent = config.config === undefined || config.config === null;
  return isAbsent && Object.keys(after).length === 0 ? config : changeMembers(config, [["config", after]]);
}

/** Yields each member that changes, with its new value. */
function* changedDefaults(
  defaults: ImageConfigDefaults,
  { env, entrypoint, cmd, labels, user, workingDirectory }: CheckedConfigChanges,
): Generator<readonly [name: string, value: unknown], void, undefined> {
  if (user !== undefined) yield ["User", user ?? removed(defaults.User)];
  if (env !== undefined) yield ["Env", changeEnvironment(defaults.Env, env)];
  if (entrypoint !== undefined) yield ["Entrypoint", entrypoint ?? removed(defaults.Entrypoint)];
  if (cmd !== undefined || entrypoint !== undefined) yield ["Cmd", cmd ?? removed(defaults.Cmd)];
  if (workingDirectory !== undefined) yield ["WorkingDir", workingDirectory ?? removed(defaults.WorkingDir)];
  if (labels !== undefined) yield ["Labels", changeTexts(defaults.Labels, labels)];
}

/** Returns the value of a member that is removed. One that is `null` already stays, so the config stays the same. */
function removed(before: unknown): null | undefined {
  return before === null ? null : undefined;
}
