import type { CheckedDigest } from "@ocilayout/oci-types";
import { isDigest, isDigestAlgorithm } from "@ocilayout/oci-types";

import type { TransportResponse } from "../../transport/transport.ts";

type Headers = Pick<TransportResponse, "header">;

const COUNT = /^\d{1,16}$/;

/** Returns the only value of a header. Returns `undefined` if it is missing, or if several values contradict each other. */
export function headerOf(response: Headers, name: string): string | undefined {
  const values = new Set(response.header(name).map((value) => value.trim()));
  return values.size === 1 ? [...values][0] : undefined;
}

/** Returns the size that a response states, in bytes. Returns `undefined` if it states none. */
export function sizeHeader(response: Headers): number | undefined {
  return countOf(headerOf(response, "content-length"));
}

/** Returns the digest that a response claims for its content, if it is of a supported algorithm. */
export function digestHeader(response: Headers): CheckedDigest | undefined {
  const claimed = headerOf(response, "docker-content-digest");
  return isDigest(claimed) && isDigestAlgorithm(claimed.slice(0, claimed.indexOf(":"))) ? claimed : undefined;
}

/** The range of a partial response. The end is exclusive. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  /** The size of the whole content, in bytes; `undefined` if the response does not state it. */
  readonly size: number | undefined;
}

/** Parses the `Content-Range` of a response with status 206. */
export function contentRange(response: Headers): ContentRange | undefined {
  const { first, last, size } =
    /^bytes\s+(?<first>\d{1,16})-(?<last>\d{1,16})\/(?<size>\d{1,16}|\*)$/i.exec(
      headerOf(response, "content-range") ?? "",
    )?.groups ?? {};
  const [start, end] = [countOf(first), countOf(last)];
  if (start === undefined || end === undefined || start > end) return undefined;
  return { start, end: end + 1, size: countOf(size) };
}

/** Returns the size in the `Content-Range` of a response with status 416. */
export function sizeOfUnsatisfiable(response: Headers): number | undefined {
  const { size } =
    /^bytes\s+\*\/(?<size>\d{1,16})$/i.exec(headerOf(response, "content-range") ?? "")?.groups ?? {};
  return countOf(size);
}

/**
 * Returns the number of bytes that an upload has. `Range: 0-0` means no byte or one byte; registries of this project send
 * the exact number in `Upload-Offset`.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks}
 */
export function uploadedBytes(response: Headers): number | undefined {
  const exact = countOf(headerOf(response, "upload-offset"));
  if (exact !== undefined) return exact;
  const { last } = /^(?:bytes=)?0-(?<last>\d{1,16})$/.exec(headerOf(response, "range") ?? "")?.groups ?? {};
  const end = countOf(last);
  return end === undefined || end === 0 ? end : end + 1;
}

/** Parses a number of bytes. */
export function countOf(text: string | undefined): number | undefined {
  if (text === undefined || !COUNT.test(text)) return undefined;
  const count = Number(text);
  return Number.isSafeInteger(count) ? count : undefined;
}
