import type { CheckedDigest } from "@ocilayout/oci-types";
import { annotationKeys, parseDigest } from "@ocilayout/oci-types";
import { isRecord } from "@ocilayout/oci-types/authors";
import { isValidRepository, isValidTag, tryParseHostlessReference } from "@ocilayout/ociref";

/** Our annotation of an untagged entry of the default repository, which has no name: another tool's has none of it. */
export const UNTAGGED = "dev.ocilayout.untagged";

/** What an entry of an index is called: a tag in a repository, or only the repository. */
export interface EntryName {
  /** The repository. */
  readonly repository: string;
  /** The tag; absent where the entry names none. */
  readonly tag?: string | undefined;
}

/** How names are read from entries and written into them. */
export interface NameRules {
  /** The repository of entries that name none: bare tags and nameless entries. */
  readonly defaultRepository?: string | undefined;
  /** What is written for the default repository: `repo:tag` or the tag alone. */
  readonly refNameStyle: "full" | "tag";
  /** Replaces the reading of names. */
  readonly nameEntry?: ((descriptor: unknown) => EntryName | undefined) | undefined;
}

/** Why no name can be read from an entry. */
export type UnreadableName = "name not understood" | "name of another digest" | "no default repository";

/** Why an entry is foreign: kept, but of no repository. */
export type ForeignReason =
  "not an object" | "digest not understood" | "size not understood" | UnreadableName;

/**
 * Reads the name of the entry `descriptor`: `io.containerd.image.name` before the image-spec's `ref.name`; of the
 * latter a valid tag is a bare tag, then `repo:tag`, `repo@digest`, `repo:tag@digest` and `repo` are known.
 */
export function readEntryName(
  descriptor: Record<string, unknown>,
  rules: NameRules,
): EntryName | UnreadableName {
  if (rules.nameEntry !== undefined) return checkName(rules.nameEntry(descriptor));
  const annotations = isRecord(descriptor["annotations"]) ? descriptor["annotations"] : {};
  const containerdName = ownString(annotations, annotationKeys.containerdImageName);
  if (containerdName !== undefined) return readFullName(containerdName, descriptor["digest"]);
  const refName = ownString(annotations, annotationKeys.refName);
  if (refName !== undefined && !isValidTag(refName)) return readFullName(refName, descriptor["digest"]);
  if (rules.defaultRepository === undefined) return "no default repository";
  return { repository: rules.defaultRepository, tag: refName };
}

/**
 * The name of an entry by the rule that `openLayout` reads names with, or `undefined` where it has none that is
 * understood: what a rule of one's own (`nameEntry`) can begin with.
 *
 * @param defaultRepository - The repository of bare tags and nameless entries.
 */
export function nameOfEntry(descriptor: unknown, defaultRepository?: string): EntryName | undefined {
  if (!isRecord(descriptor)) return undefined;
  const name = readEntryName(descriptor, { defaultRepository, refNameStyle: "tag" });
  return typeof name === "string" ? undefined : name;
}

/** The value of the annotation that names an entry of ours; `undefined` where it needs none. */
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

/** What a caller's own rule answers is held to the same grammar. */
function checkName(name: EntryName | undefined): EntryName | UnreadableName {
  if (name === undefined) return "name not understood";
  const { repository, tag } = name;
  if (!isValidRepository(repository) || (tag !== undefined && !isValidTag(tag))) return "name not understood";
  return { repository, tag };
}

/** The annotation `key`, where it is a string that says something. */
function ownString(annotations: Record<string, unknown>, key: string): string | undefined {
  const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Whether `digest` is one that a blob's path can be made of. */
export function isReadableDigest(digest: unknown): digest is CheckedDigest {
  if (typeof digest !== "string") return false;
  const algorithm = parseDigest(digest)?.algorithm;
  return algorithm === "sha256" || algorithm === "sha512";
}
