import type { CheckedDigest } from "@ocilayout/oci-types";
import { annotationKeys, parseDigest } from "@ocilayout/oci-types";
import { isRecord } from "@ocilayout/oci-types/authors";
import { isValidRepository, isValidTag, tryParseHostlessReference } from "@ocilayout/ociref";

/**
 * Marks an untagged entry of the default repository that this package wrote. Such an entry has no name; entries of
 * other tools lack the annotation.
 */
export const UNTAGGED = "dev.ocilayout.untagged";

/** The name of an entry: a repository, and a tag if it has one. */
export interface EntryName {
  /** The repository. */
  readonly repository: string;
  /** The tag; absent if the entry has none. */
  readonly tag?: string | undefined;
}

/** The rules for reading and writing the names of entries. */
export interface NameRules {
  /** The repository of entries without one: bare tags and nameless entries. */
  readonly defaultRepository?: string | undefined;
  /** How entries of the default repository are named: `repo:tag`, or the tag alone. */
  readonly refNameStyle: "full" | "tag";
  /** Replaces the rule that reads names. */
  readonly nameEntry?: ((descriptor: unknown) => EntryName | undefined) | undefined;
}

/** Why the name of an entry cannot be read. */
export type UnreadableName = "name not understood" | "name of another digest" | "no default repository";

/** Why an entry is foreign: it is kept, but belongs to no repository. */
export type ForeignReason =
  "not an object" | "digest not understood" | "size not understood" | UnreadableName;

/**
 * Reads the name of the entry `descriptor`. `io.containerd.image.name` takes precedence over the image-spec's
 * `ref.name`. In `ref.name`, a valid tag is a bare tag; other valid forms are `repo:tag`, `repo@digest`,
 * `repo:tag@digest` and `repo`.
 */
export function readEntryName(
  descriptor: Record<string, unknown>,
  rules: NameRules,
): EntryName | UnreadableName {
  if (rules.nameEntry !== undefined) return checkName(rules.nameEntry(descriptor));
  const annotations = isRecord(descriptor["annotations"]) ? descriptor["annotations"] : {};
  const containerdName = ownString(annotations, annotationKeys.containerdImageName);
  if (containerdName !== undefined) return readFullName(containerdName, descriptor["digest"]);
  return readRefName(ownString(annotations, annotationKeys.refName), descriptor["digest"], rules);
}

/** Reads the value of `ref.name`, by the default rule. */
export function readRefName(
  refName: string | undefined,
  digest: unknown,
  rules: NameRules,
): EntryName | UnreadableName {
  if (refName !== undefined && !isValidTag(refName)) return readFullName(refName, digest);
  if (rules.defaultRepository === undefined) return "no default repository";
  return { repository: rules.defaultRepository, tag: refName };
}

/**
 * Returns the name of an entry by the default rule of `openLayout`, or `undefined` if that rule cannot read it. A
 * custom `nameEntry` can call it first.
 *
 * @param defaultRepository - The repository of bare tags and nameless entries.
 */
export function nameOfEntry(descriptor: unknown, defaultRepository?: string): EntryName | undefined {
  if (!isRecord(descriptor)) return undefined;
  const name = readEntryName(descriptor, { defaultRepository, refNameStyle: "tag" });
  return typeof name === "string" ? undefined : name;
}

/** Returns the value of the annotation that names an entry; `undefined` if the entry needs none. */
export function writeRefName(name: EntryName, digest: string, rules: NameRules): string | undefined {
  const { repository, tag } = name;
  if (repository === rules.defaultRepository && rules.refNameStyle === "tag") return tag;
  return tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`;
}

function readFullName(text: string, digest: unknown): EntryName | UnreadableName {
  const reference = tryParseHostlessReference(text);
  if (reference === undefined) return "name not understood";
  if (reference.digest !== undefined && reference.digest !== digest) return "name of another digest";
  return { repository: reference.repository, tag: reference.tag };
}

/** Checks the result of a custom rule against the same grammar. */
function checkName(name: EntryName | undefined): EntryName | UnreadableName {
  if (name === undefined) return "name not understood";
  const { repository, tag } = name;
  if (!isValidRepository(repository) || (tag !== undefined && !isValidTag(tag))) return "name not understood";
  return { repository, tag };
}

/** Returns the annotation `key` if it is a string and not empty. */
function ownString(annotations: Record<string, unknown>, key: string): string | undefined {
  const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Whether `digest` is valid as a part of a blob's path. */
export function isReadableDigest(digest: unknown): digest is CheckedDigest {
  if (typeof digest !== "string") return false;
  const algorithm = parseDigest(digest)?.algorithm;
  return algorithm === "sha256" || algorithm === "sha512";
}
