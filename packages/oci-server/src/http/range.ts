/** What a request asks for of a representation of a known size: one part of it, or what it does not have. */
export type RequestedRange = { readonly start: number; readonly end: number } | "unsatisfiable";

const SINGLE = /^bytes=[ \t]*(?<first>\d*)-(?<last>\d*)[ \t]*$/i;

/**
 * Reads a `Range` header; the end is exclusive. `undefined` where there is nothing to obey: no header, another unit,
 * several ranges or none that can be read, for which the whole is the right answer. A range that ends before it begins is
 * refused: a client that computes one is better told than given everything.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-14.2}
 */
export function parseRange(header: string | null, size: number): RequestedRange | undefined {
  const { first = "", last = "" } = SINGLE.exec(header ?? "")?.groups ?? {};
  if (first === "") {
    if (last === "") return undefined;
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  if (start >= size || (last !== "" && Number(last) < start)) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}

/** The part of a blob that a chunk says it is; the end is exclusive. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
}

const CONTENT = /^(?<first>\d{1,16})-(?<last>\d{1,16})$/;

/**
 * Reads the `Content-Range` of a chunk, in the form that the distribution-spec has for it. `"invalid"` where it is not.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks}
 */
export function parseContentRange(header: string | null): ContentRange | "invalid" | undefined {
  if (header === null) return undefined;
  const { first, last } = CONTENT.exec(header)?.groups ?? {};
  const start = Number(first);
  const end = Number(last) + 1;
  return Number.isSafeInteger(start) && Number.isSafeInteger(end) && start < end ? { start, end } : "invalid";
}
