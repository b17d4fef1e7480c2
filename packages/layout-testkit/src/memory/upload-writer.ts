import type { BlobWriter, Descriptor } from "@ocilayout/oci-types";
import {
  computeDigest,
  octetStream,
  onAbort,
  RegistryError,
  requireBytes,
  requireDigest,
} from "@ocilayout/oci-types";

import { concatenate, unknownUpload } from "./check.ts";

/** An upload session, with what it got so far. */
export interface UploadSession {
  readonly id: string;
  readonly repository: string;
  readonly chunks: Uint8Array[];
  size: number;
  /** When it got something last. */
  writtenMs: number;
  /** The writer that has it, while one does. */
  writer: MemoryUploadWriter | undefined;
}

/** What an {@link MemoryUploadWriter} needs beside its session. */
export interface UploadWriterOptions {
  readonly chunkSize: number;
  readonly signal: AbortSignal | undefined;
  /** Makes a blob of what was written. */
  readonly store: (digest: Descriptor["digest"], content: Uint8Array) => void;
  /** Drops the session. */
  readonly forget: () => void;
}

/** One writer of a session (clause 9). Its calls run one after the other, in the order they were made. */
export class MemoryUploadWriter implements BlobWriter {
  readonly id: string;
  readonly chunkSize: number;
  readonly #session: UploadSession;
  readonly #options: UploadWriterOptions;
  #size: number;
  #state: "open" | "closed" | "committed" | "cancelled" = "open";
  #last: Promise<unknown> = Promise.resolve();
  #ignoreAbort: (() => void) | undefined;

  constructor(session: UploadSession, options: UploadWriterOptions) {
    this.id = session.id;
    this.chunkSize = options.chunkSize;
    this.#session = session;
    this.#options = options;
    this.#size = session.size;
    session.writer = this;
    // At once, not after the calls that wait: a dead writer's session is free at once.
    if (options.signal !== undefined)
      this.#ignoreAbort = onAbort(options.signal, () => {
        this.#end("closed");
      });
  }

  get size(): number {
    return this.#size;
  }

  async write(chunk: Uint8Array): Promise<void> {
    const bytes = requireBytes(chunk, "a chunk").slice();
    await this.#enqueue(async () => {
      this.#requireOpen();
      this.#session.chunks.push(bytes);
      this.#session.size += bytes.length;
      this.#session.writtenMs = Date.now();
      this.#size = this.#session.size;
    });
  }

  commit(digest: string): Promise<Descriptor> {
    return this.#enqueue(async () => {
      const expected = requireDigest(digest);
      this.#requireOpen();
      const content = concatenate(this.#session.chunks);
      const received = await computeDigest(content, { algorithm: expected.algorithm });
      // The signal may have been aborted in the meantime.
      this.#requireOpen();
      if (received.digest !== expected.digest) {
        throw new RegistryError(
          "DIGEST_INVALID",
          `what was uploaded has digest ${received.digest}, not ${expected.digest}`,
          {
            detail: { received: received.digest },
          },
        );
      }
      this.#options.store(expected.digest, content);
      this.#end("committed");
      this.#options.forget();
      return { mediaType: octetStream, digest: expected.digest, size: content.length };
    });
  }

  cancel(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#state === "committed" || this.#state === "cancelled") return;
      this.#requireOpen();
      this.#end("cancelled");
      this.#options.forget();
    });
  }

  close(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#state === "open") this.#end("closed");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #end(state: "closed" | "committed" | "cancelled"): void {
    this.#state = state;
    this.#session.writer = undefined;
    this.#ignoreAbort?.();
  }

  #requireOpen(): void {
    if (this.#state === "committed" || this.#state === "cancelled") throw unknownUpload();
    this.#options.signal?.throwIfAborted();
    if (this.#state === "closed") throw new RegistryError("BLOB_UPLOAD_INVALID", "this writer was closed");
  }

  #enqueue<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
