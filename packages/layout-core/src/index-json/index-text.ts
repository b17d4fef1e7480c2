import { isRecord } from "@ocilayout/oci-types/authors";
import { ociMediaTypes } from "@ocilayout/oci-types";
import { JsonTextError, scanElements, scanMembers, skipSpace } from "./json-text.ts";

/** `index.json` taken apart: a rewrite joins the entries' own texts, so that what it does not touch stays. */
export interface IndexText {
  /** Everything before the first entry, the opening bracket included. */
  readonly head: string;
  /** The text of each entry, without the white space around it. */
  readonly entries: readonly string[];
  /** What stands between two entries: a comma and the document's own line break and indentation. */
  readonly separator: string;
  /** Everything behind the last entry, from the closing bracket on. */
  readonly tail: string;
  /** The document without its entries, parsed. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** An index document without entries, as this package writes it. */
export const emptyIndexText: string = JSON.stringify({
  schemaVersion: 2,
  mediaType: ociMediaTypes.imageIndex,
  manifests: [],
});

/**
 * Takes an index document apart. A missing or null `manifests` is an empty one, because real tools write that.
 *
 * @throws {@link JsonTextError} where `text` is not one JSON object, or has two members called `manifests`, or one
 * that is no array. Whether each entry is JSON is not looked at.
 */
export function parseIndexText(text: string): IndexText {
  const start = skipSpace(text, 0);
  if (text[start] !== "{") throw new JsonTextError("it is not a JSON object");
  const { spans, closing } = scanMembers(text, start);
  const [member, second] = spans.filter((span) => span.key === "manifests");
  if (second !== undefined) throw new JsonTextError("it has two members called manifests");
  if (member === undefined) {
    const document = parseObject(text);
    const before = text.slice(0, closing).trimEnd();
    const comma = spans.length === 0 ? "" : ",";
    return empty(`${before}${comma}"manifests":[`, `]${text.slice(before.length)}`, document);
  }
  const head = text.slice(0, member.valueStart);
  const tail = text.slice(member.end);
  const isNull = text.slice(member.valueStart, member.end) === "null";
  const document = parseObject(`${head}${isNull ? "null" : "[]"}${tail}`);
  if (isNull) return empty(`${head}[`, `]${tail}`, document);
  if (text[member.valueStart] !== "[") throw new JsonTextError("its member manifests is not an array");
  const elements = scanElements(text, member.valueStart);
  const first = elements.spans[0];
  const last = elements.spans.at(-1);
  if (first === undefined || last === undefined)
    return empty(`${head}[`, text.slice(elements.closing), document);
  return {
    head: text.slice(0, first.start),
    entries: elements.spans.map((span) => text.slice(span.start, span.end)),
    separator: `,${text.slice(member.valueStart + 1, first.start)}`,
    tail: text.slice(last.end),
    document,
  };
}

/** Puts a document together again, with these entries. */
export function joinIndexText(text: IndexText, entries: readonly string[]): string {
  return `${text.head}${entries.join(text.separator)}${text.tail}`;
}

function empty(head: string, tail: string, document: IndexText["document"]): IndexText {
  return { head, entries: [], separator: ",", tail, document };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JsonTextError("it is not JSON", { cause });
  }
  if (!isRecord(value)) throw new JsonTextError("it is not a JSON object");
  return value;
}
