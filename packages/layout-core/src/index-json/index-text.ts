import { ociMediaTypes } from "@ocilayout/oci-types";
import { isRecord, JsonTextError } from "@ocilayout/oci-types/authors";

import { isOneByteEach } from "../disk/layout-files.ts";
import { scanIndex, type Elements } from "./scan-index.ts";
import { SpareMemory } from "./spare-memory.ts";

/**
 * The text of `index.json`, split into parts. A rewrite joins the texts of the entries, so that untouched entries keep
 * every byte.
 */
export interface IndexText {
  /** Everything before the first entry, including the opening bracket. */
  readonly head: string;
  /** The text of each entry, without surrounding white space. */
  readonly entries: readonly string[];
  /** The text between two entries: a comma, and the line break and indentation of the document. */
  readonly separator: string;
  /** Everything after the last entry, beginning with the closing bracket. */
  readonly tail: string;
  /** The parsed document without its entries. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** The bytes of an index document without entries, as this package writes it. */
export const emptyIndex: Uint8Array = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: ociMediaTypes.imageIndex, manifests: [] }),
);

/**
 * Splits an index document, which is UTF-8. A missing or null `manifests` counts as empty, because some tools write that. The
 * entries themselves are not parsed.
 *
 * @throws {@link JsonTextError} if it is not a JSON object, has two members named `manifests`, or one that is not an array.
 */
export function parseIndexText(source: Uint8Array): IndexText {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const text = (start: number, end: number = bytes.length): string => bytes.toString("utf8", start, end);
  const { members, closing, elements } = scanIndex(bytes);
  const [member, second] = members.filter(({ key }) => key === "manifests");
  if (second !== undefined) throw new JsonTextError("the member manifests occurs twice");
  if (member === undefined) {
    const whole = text(0);
    const document = parseObject(whole);
    const before = text(0, closing).trimEnd();
    const comma = members.length === 0 ? "" : ",";
    return empty(`${before}${comma}"manifests":[`, `]${whole.slice(before.length)}`, document);
  }
  const head = text(0, member.valueStart);
  const tail = text(member.end);
  const isNull = elements === undefined && text(member.valueStart, member.end) === "null";
  const document = parseObject(`${head}${isNull ? "null" : "[]"}${tail}`);
  if (isNull) return empty(`${head}[`, `]${tail}`, document);
  if (elements === undefined) throw new JsonTextError("the member manifests is not an array");
  const first = elements.starts[0];
  const last = elements.ends.at(-1);
  if (first === undefined || last === undefined) return empty(`${head}[`, text(elements.closing), document);
  return {
    head: text(0, first),
    entries: textsOf(bytes, elements),
    separator: `,${text(member.valueStart + 1, first)}`,
    tail: text(last),
    document,
  };
}

/** How many entries are decoded as one string. A part of a string keeps the memory of the whole. */
const DECODED_TOGETHER = 16;

function textsOf(bytes: Buffer, { starts, ends }: Elements): string[] {
  if (!isOneByteEach(bytes)) return starts.map((start, i) => bytes.toString("utf8", start, ends[i]));
  const texts: string[] = [];
  for (let i = 0; i < starts.length; i += DECODED_TOGETHER) {
    const until = Math.min(i + DECODED_TOGETHER, starts.length);
    const from = starts[i] ?? 0;
    // Much faster than decoding UTF-8.
    const together = bytes.toString("latin1", from, ends[until - 1]);
    for (let k = i; k < until; k += 1)
      texts.push(together.slice((starts[k] ?? 0) - from, (ends[k] ?? 0) - from));
  }
  return texts;
}

/** How many entries are encoded as one string. */
const ENCODED_TOGETHER = 64;

/**
 * Returns the bytes of a document with these entries. It is encoded in parts: see `scanIndex`.
 *
 * @param memory - Provides the bytes. The caller gives them back.
 */
export function encodeIndexText(
  text: IndexText,
  entries: readonly string[],
  memory: SpareMemory = new SpareMemory(),
): Buffer<ArrayBuffer> {
  const { head, separator, tail } = text;
  const parts = [head];
  for (let i = 0; i < entries.length; i += ENCODED_TOGETHER) {
    const together = entries.slice(i, i + ENCODED_TOGETHER).join(separator);
    parts.push(i === 0 ? together : separator + together);
  }
  parts.push(tail);
  const sizes = parts.map((part) => Buffer.byteLength(part));
  const bytes = memory.take(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const [i, part] of parts.entries())
    // Text of one byte a character is ASCII. It is copied much faster than it is encoded.
    at += bytes.write(part, at, sizes[i] === part.length ? "latin1" : "utf8");
  return bytes;
}

function empty(head: string, tail: string, document: IndexText["document"]): IndexText {
  return { head, entries: [], separator: ",", tail, document };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JsonTextError("the text is not valid JSON", { cause });
  }
  if (!isRecord(value)) throw new JsonTextError("the text is not a JSON object");
  return value;
}
