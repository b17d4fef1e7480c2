import type { CheckedDigest } from "@ocilayout/oci-types";

/** The members of an entry of the usual form. */
export interface PlainEntry {
  readonly mediaType: string;
  readonly digest: CheckedDigest;
  /** In bytes. */
  readonly size: number;
  /** The value of the annotation `org.opencontainers.image.ref.name`. */
  readonly refName: string;
}

/**
 * An entry as this package and most others write it: a media type, a digest, a size and a name, in this order. It has no white
 * space, escapes or other members.
 */
const PLAIN =
  /^\{"mediaType":"([^"\\\p{Cc}]*)","digest":"(sha256:[0-9a-f]{64})","size":(0|[1-9][0-9]{0,14}),"annotations":\{"org\.opencontainers\.image\.ref\.name":"([^"\\\p{Cc}]+)"\}\}$/u;

/** The longest text that is matched. For a match of many millions of characters, the stack of V8 is too small. */
const MOST_CHARACTERS = 4_096;

/** Most entries have the media type of the one before. */
let latestType = "";

/**
 * Reads an entry of the usual form, for which `JSON.parse` would return the same values. Returns `undefined` for any other
 * text. It takes a third of the time of `JSON.parse`.
 */
export function readPlainEntry(text: string): PlainEntry | undefined {
  const match = text.length > MOST_CHARACTERS ? null : PLAIN.exec(text);
  if (match === null) return undefined;
  const [, mediaType = "", digest = "", size, refName = ""] = match;
  if (mediaType !== latestType) latestType = copyOf(mediaType);
  return {
    mediaType: latestType,
    digest: copyOf(digest) as CheckedDigest,
    size: Number(size),
    refName: copyOf(refName),
  };
}

/**
 * Returns a string with memory of its own. In V8, a part of a string keeps the memory of the whole: that of several entries, for
 * as long as a caller keeps a tag. A sum that a character is taken from is copied.
 */
function copyOf(text: string): string {
  const copy = `${text.slice(0, 1)}${text.slice(1)}`;
  copy.charCodeAt(0);
  return copy;
}
