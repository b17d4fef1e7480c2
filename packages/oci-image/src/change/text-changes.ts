import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, isRecord, requireString } from "@ocilayout/oci-types/authors";

import { changeMembers } from "./members.ts";

/** Changes of a map of text: a new value for a name, or `null` to remove the name. Other names stay as they are. */
export type TextChanges = Readonly<Record<string, string | null>>;

/** Checked {@link TextChanges}. */
export type CheckedTextChanges = ReadonlyMap<string, string | null>;

/**
 * Checks changes of a map of text.
 *
 * @param what - The name of the map in the message.
 * @throws TypeError if `changes` is not an object, or a value is neither a string nor `null`.
 */
export function requireTextChanges(changes: TextChanges, what: string): CheckedTextChanges {
  if (!isRecord(changes))
    throw new TypeError(`${what} must be an object with a text for each name, such as { A: "1" }`);
  for (const [name, value] of Object.entries<unknown>(changes)) {
    if (typeof value === "string" || value === null) continue;
    throw new TypeError(`${excerpt(name)} in ${what} must be a string or null, not ${typeof value}`);
  }
  return new Map(Object.entries(changes));
}

type Texts = Readonly<Record<string, string>>;

/** Applies changes to a map of text. Returns `undefined` if they removed the last name. */
export function changeTexts<Absent extends null | undefined>(
  texts: Texts | Absent,
  changes: CheckedTextChanges,
): Texts | Absent | undefined {
  const before: Texts = texts ?? {};
  const after = changeMembers(
    before,
    [...changes].map(([name, value]) => [name, value ?? undefined]),
  );
  if (Object.keys(after).length > 0) return after;
  return Object.keys(before).length > 0 ? undefined : texts;
}

/**
 * Checks text that a process receives: an argument, a variable, a directory.
 *
 * @param what - The name of the text in the message.
 * @throws TypeError if `text` is not a string.
 * @throws `RegistryError` `MANIFEST_INVALID` if it has a NUL, which ends a text in every operating system.
 */
export function requireStorable(text: unknown, what: string): asserts text is string {
  requireString(text, what);
  if (text.includes("\0")) throw new RegistryError("MANIFEST_INVALID", `${what} must not have a NUL`);
}
