import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import type { CheckedTextChanges, TextChanges } from "./text-changes.ts";
import { requireStorable, requireTextChanges } from "./text-changes.ts";

/**
 * Checks changes of an environment.
 *
 * @throws TypeError if a value is neither a string nor `null`.
 * @throws `RegistryError` `MANIFEST_INVALID` if a name is empty or has an equals sign, or a name or a value has a NUL.
 */
export function requireEnvironment(changes: TextChanges): CheckedTextChanges {
  const checked = requireTextChanges(changes, "env");
  for (const [name, value] of checked) {
    if (name === "" || name.includes("="))
      throw new RegistryError(
        "MANIFEST_INVALID",
        `${excerpt(name)} is not the name of an environment variable`,
      );
    requireStorable(name, "a name in env");
    requireStorable(value ?? "", `the value of ${excerpt(name)} in env`);
  }
  return checked;
}

type Environment = readonly string[] | null | undefined;

/**
 * Applies changes to an environment, a list of `NAME=value`. A variable keeps the place of its first entry, and loses its
 * other entries. Entries of other variables stay as they are. New variables come last. Returns `undefined` if the last
 * variable was removed.
 */
export function changeEnvironment(environment: Environment, changes: CheckedTextChanges): Environment {
  const waiting = new Map(changes);
  const entries: string[] = [];
  const write = (name: string): void => {
    const value = waiting.get(name);
    if (typeof value === "string") entries.push(`${name}=${value}`);
    waiting.delete(name);
  };
  for (const entry of environment ?? []) {
    const [name = ""] = entry.split("=", 1);
    if (changes.has(name)) write(name);
    else entries.push(entry);
  }
  for (const name of [...waiting.keys()]) write(name);
  if (entries.length > 0) return entries;
  return (environment ?? []).length > 0 ? undefined : environment;
}
