import {
  isRecord,
  JsonTextError,
  scanElements,
  scanMembers,
  skipSpace,
  type ElementSpan,
  type Spans,
} from "@ocilayout/oci-types/authors";
import { ociMediaTypes } from "@ocilayout/oci-types";

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

/** An index document without entries, as this package writes it. */
export const emptyIndexText: string = JSON.stringify({
  schemaVersion: 2,
  mediaType: ociMediaTypes.imageIndex,
  manifests: [],
});

/**
 * Splits an index document. A missing or null `manifests` counts as empty, because some tools write that. The entries
 * themselves are not parsed.
 *
 * @throws {@link JsonTextError} if `text` is not a JSON object, has two members named `manifests`, or one that is not
 * an array.
 */
export function parseIndexText(text: string): IndexText {
  const start = skipSpace(text, 0);
  if (text[start] !== "{") throw new JsonTextError("the text is not a JSON object");
  let elements: Spans<ElementSpan> | undefined;
  const { spans, closing } = scanMembers(text, start, (key, at) => {
    if (key !== "manifests" || text[at] !== "[") return undefined;
    elements = scanElements(text, at);
    return elements.closing + 1;
  });
  const [member, second] = spans.filter((span) => span.key === "manifests");
  if (second !== undefined) throw new JsonTextError("the member manifests occurs twice");
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
  if (elements === undefined) throw new JsonTextError("the member manifests is not an array");
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

/** Joins the parts of a document with these entries. */
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
    throw new JsonTextError("the text is not valid JSON", { cause });
  }
  if (!isRecord(value)) throw new JsonTextError("the text is not a JSON object");
  return value;
}
