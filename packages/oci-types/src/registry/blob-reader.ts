import type { Descriptor } from "../documents/descriptor.ts";

/**
 * Reads the content of a blob or manifest, once: as bytes, text, JSON, a stream or chunks. Reading it a second time is a
 * `TypeError`.
 *
 * The reader verifies size and digest, unless the caller passed `verify: false`, and withholds the last chunk until both
 * are right. A corrupt blob never yields its full length: reading fails with `CONTENT_CORRUPT`. Every chunk belongs to the
 * caller, unless the caller passed `chunks: "reused"`.
 *
 * Reading to the end, leaving a loop early, `close` and disposal all free the resources of the reader.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-8 | Contract, clause 8}
 */
export interface BlobReader extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** Describes the whole content, also if the reader reads only a range. The caller may change it. */
  readonly descriptor: Descriptor;
  /** Returns the content as a web stream, which reads no faster than its consumer. */
  stream(): ReadableStream<Uint8Array>;
  /** Reads the content into memory. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /** Reads the content and decodes it as UTF-8. */
  text(): Promise<string>;
  /**
   * Reads the content and parses it as JSON.
   *
   * @throws `RegistryError` `MANIFEST_INVALID` if it is not JSON.
   */
  json(): Promise<unknown>;
  /** Frees the resources of the reader. Reading after that fails with `CLOSED`. Idempotent. */
  close(): Promise<void>;
}
