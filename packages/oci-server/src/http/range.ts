/** A part of content of a known size, or `"unsatisfiable"`. */
export type RequestedRange = { readonly start: number; readonly end: number } | "unsatisfiable";

const SINGLE = /^bytes=[ \t]*(?<first>\d*)-(?<last>\d*)[ \t]*$/i;

/**
 * Parses a `Range` header. The end is exclusive. Returns `undefined` if the whole content should be sent: the header is
 * missing or invalid, has another unit, or has several ranges. A range that ends before it begins is unsatisfiable,
 * because sending everything would hide the client's mistake.
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

/** The position of a chunk in its blob. The end is exclusive. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
}

const CONTENT = /^(?<first>\d{1,16})-(?<last>\d{1,16})$/;

/**
 * Parses the `Content-Range` of a chunk, in the format of the distribution-spec. Returns `undefined` if the header is
 * missing.
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
