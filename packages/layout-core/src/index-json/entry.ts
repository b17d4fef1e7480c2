import type { CheckedDescriptor } from "@ocilayout/oci-backend";
import type { Descriptor, CheckedDigest } from "@ocilayout/oci-types";
import { annotationKeys, isDigest } from "@ocilayout/oci-types";

import { isRecord, scanMembers } from "@ocilayout/oci-types/authors";
import { setMember } from "./json-text.ts";
import type { EntryName, ForeignReason, NameRules, UnreadableName } from "./ref-name.ts";
import { readPlainEntry } from "./plain-entry.ts";
import { isReadableDigest, readEntryName, readRefName, UNTAGGED, writeRefName } from "./ref-name.ts";

/** An entry that names a manifest of a repository. Immutable: a change creates another entry. */
export interface Entry {
  /** The text of the entry in `index.json`. */
  readonly text: string;
  readonly mediaType: string;
  readonly digest: CheckedDigest;
  readonly size: number;
  readonly repository: string;
  readonly tag: string | undefined;
  /**
   * Why the name cannot be read. Such an entry is found by its digest in the default repository, and is removed only
   * when its manifest is deleted.
   */
  readonly unreadableName?: UnreadableName | undefined;
}

/** An entry that is not understood. It is kept byte for byte, and is otherwise ignored. */
export interface ForeignEntry {
  readonly text: string;
  readonly foreign: ForeignReason;
  /** The digest of the entry, if it is valid. */
  readonly digest?: CheckedDigest | undefined;
  /** The media type of the entry; `""` if it has none. */
  readonly mediaType: string;
}

/** Whether `entry` is a foreign entry. */
export function isForeign(entry: Entry | ForeignEntry): entry is ForeignEntry {
  return "foreign" in entry;
}

/**
 * Parses one entry of an index.
 *
 * @throws SyntaxError if `text` is not JSON.
 */
export function parseEntry(text: string, rules: NameRules): Entry | ForeignEntry {
  return parsePlainEntry(text, rules) ?? parseAnyEntry(text, rules);
}

/** Reads an entry of the usual form without parsing it as JSON; returns `undefined` for any other entry. */
function parsePlainEntry(text: string, rules: NameRules): Entry | undefined {
  const plain = rules.nameEntry === undefined ? readPlainEntry(text) : undefined;
  if (plain === undefined) return undefined;
  const { mediaType, digest, size, refName } = plain;
  const name = readRefName(refName, digest, rules);
  if (typeof name === "string") return undefined;
  return { text, mediaType, digest, size, repository: name.repository, tag: name.tag };
}

function parseAnyEntry(text: string, rules: NameRules): Entry | ForeignEntry {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) return { text, foreign: "not an object", mediaType: "" };
  const { digest, size } = value;
  const mediaType = typeof value["mediaType"] === "string" ? value["mediaType"] : "";
  if (!isReadableDigest(digest)) return foreign(text, value, mediaType, "digest not understood");
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    return foreign(text, value, mediaType, "size not understood");
  const name = readEntryName(value, rules);
  if (typeof name !== "string")
    return { text, mediaType, digest, size, repository: name.repository, tag: name.tag };
  const { defaultRepository } = rules;
  if (defaultRepository === undefined) return foreign(text, value, mediaType, name);
  return {
    text,
    mediaType,
    digest,
    size,
    repository: defaultRepository,
    tag: undefined,
    unreadableName: name,
  };
}

function foreign(
  text: string,
  { digest }: Readonly<Record<string, unknown>>,
  mediaType: string,
  reason: ForeignReason,
): ForeignEntry {
  return { text, foreign: reason, mediaType, digest: isDigest(digest) ? digest : undefined };
}

/** Creates an entry for `descriptor` with the name `name`. */
export function createEntry(descriptor: CheckedDescriptor, name: EntryName, rules: NameRules): Entry {
  const { mediaType, digest, size } = descriptor;
  const refName = writeRefName(name, digest, rules);
  const annotations = refName === undefined ? { [UNTAGGED]: "true" } : { [annotationKeys.refName]: refName };
  return {
    text: JSON.stringify({ mediaType, digest, size, annotations }),
    mediaType,
    digest,
    size,
    repository: name.repository,
    tag: name.tag,
  };
}

/** Returns `entry` with the media type and size of its manifest. The rest keeps every byte. */
export function correctEntry(entry: Entry, { mediaType, size }: Descriptor): Entry {
  const text = setMember(setMember(entry.text, "mediaType", JSON.stringify(mediaType)), "size", String(size));
  return { ...entry, text, mediaType, size };
}

/** Returns `entry` without its tag. The rest keeps every byte. */
export function untagEntry(entry: Entry, rules: NameRules): Entry {
  const value = JSON.parse(entry.text) as Record<string, unknown>;
  const refName = writeRefName({ repository: entry.repository }, entry.digest, rules);
  const before = isRecord(value["annotations"]) ? memberText(entry.text, "annotations") : "{}";
  const renamed = setMember(
    setMember(before, annotationKeys.containerdImageName, undefined),
    annotationKeys.refName,
    refName === undefined ? undefined : JSON.stringify(refName),
  );
  const annotations = refName === undefined ? setMember(renamed, UNTAGGED, '"true"') : renamed;
  return { ...entry, text: setMember(entry.text, "annotations", annotations), tag: undefined };
}

/** Whether this package removed the tag of `entry`: its name is `repository@digest`, or it has our annotation. */
export function isLeftUntagged(entry: Entry): boolean {
  const { annotations } = JSON.parse(entry.text) as { readonly annotations?: unknown };
  if (entry.tag !== undefined || !isRecord(annotations)) return false;
  return (
    Object.hasOwn(annotations, UNTAGGED) ||
    annotations[annotationKeys.refName] === `${entry.repository}@${entry.digest}`
  );
}

/** Whether `entry` has only a descriptor and a name, so that nothing is lost when it is dropped. */
export function isPlainEntry(entry: Entry): boolean {
  if (entry.unreadableName !== undefined) return false;
  const value = JSON.parse(entry.text) as Record<string, unknown>;
  const annotations = isRecord(value["annotations"]) ? value["annotations"] : {};
  return (
    Object.keys(value).every((key) => ["mediaType", "digest", "size", "annotations"].includes(key)) &&
    Object.keys(annotations).every((key) =>
      [annotationKeys.refName, annotationKeys.containerdImageName, UNTAGGED].includes(key),
    )
  );
}

/** Returns the text of the member `key` of the object `text`, which must have it. The last one counts. */
function memberText(text: string, key: string): string {
  const member = scanMembers(text, 0).spans.findLast((span) => span.key === key);
  return text.slice(member?.valueStart, member?.end);
}

/** Returns the `ref.name` of an entry as it is in `index.json`. */
export function refNameOf(entry: Pick<Entry, "text">): string | undefined {
  return annotationOf(entry, annotationKeys.refName);
}

/** Returns the name of an entry that is read: containerd's, or without one its `ref.name`. */
export function fullNameOf(entry: Pick<Entry, "text">): string | undefined {
  return annotationOf(entry, annotationKeys.containerdImageName) ?? refNameOf(entry);
}

function annotationOf({ text }: Pick<Entry, "text">, key: string): string | undefined {
  const value: unknown = JSON.parse(text);
  const annotations = isRecord(value) && isRecord(value["annotations"]) ? value["annotations"] : {};
  const name = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  return typeof name === "string" ? name : undefined;
}
