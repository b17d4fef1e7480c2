import type { BlobWriter, Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { onAbort, requireBytes, requireDigest } from "@ocilayout/oci-types/authors";

import type { Awaitable } from "../checks/awaitable.ts";
import { unknownUpload, writerClosed } from "../checks/errors.ts";
import type { UploadSession } from "./backend.ts";
import { describeBlob } from "./stored-content.ts";

/** Options of {@link UploadWriter}. */
export interface UploadWriterOptions {
  readonly chunkSize: number;
  readonly signal: AbortSignal | undefined;
  /** Called once, when the writer has ended and released its session. */
  readonly onEnd: (writer: BlobWriter) => void;
}

/** The writer of an upload session. Its calls run one at a time, in the order in which they were made. */
export class UploadWriter implements BlobWriter {
  readonly chunkSize: number;
  readonly #session: UploadSession;
  readonly #options: UploadWriterOptions;
  #size: number;
  #state: "open" | "closed" | "committed" | "cancelled" = "open";
  /** The error of a failed write. Later writes would leave a gap, so they are rejected. */
  #failure: { readonly error: unknown } | undefined;
  /** The number of calls that have not ended. */
  #pending = 0;
  #last: Promise<void> = Promise.resolve();
  #ignoreAbort: (() => void) | undefined;

  constructor(session: UploadSession, options: UploadWriterOptions) {
    this.chunkSize = options.chunkSize;
    this.#session = session;
    this.#options = options;
    this.#size = session.size;
    const { signal } = options;
    if (signal !== undefined) this.#ignoreAbort = onAbort(signal, () => void this.close());
  }

  get id(): string {
    return this.#session.id;
  }

  get size(): number {
    return this.#size;
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#enqueue(async () => {
      const bytes = requireBytes(chunk, "a chunk");
      this.#requireOpen();
      try {
        await this.#session.write(bytes);
      } catch (error) {
        this.#failure = { error };
        throw error;
      } finally {
        this.#size = this.#session.size;
      }
    });
  }

  commit(digest: string): Promise<Descriptor> {
    return this.#enqueue(async () => {
      const expected = requireDigest(digest);
      this.#requireOpen();
      try {
        await this.#session.commit(expected.digest, this.#options.signal);
      } catch (error) {
        if (this.#session.ended !== undefined) await this.#end(this.#session.ended);
        throw error;
      }
      await this.#end("committed");
      return describeBlob(expected.digest, this.#size);
    });
  }

  cancel(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#state === "committed" || this.#state === "cancelled") return;
      this.#requireUsable();
      await this.#end("cancelled", () => this.#session.cancel());
    });
  }

  close(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#state !== "open") return;
      await this.#end("closed", () => this.#session.close());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Runs at once if no call is pending. Then an aborted writer frees its session before the next call opens it. */
  #enqueue<Result>(run: () => Promise<Result>): Promise<Result> {
    const before = this.#pending === 0 ? undefined : this.#last;
    this.#pending += 1;
    let end: () => void = () => undefined;
    // Set before `run` begins, which may abort the signal: the call that closes the writer then waits for `run`.
    this.#last = new Promise((resolve) => (end = resolve));
    const turn = async (): Promise<Result> => {
      if (before !== undefined) await before;
      try {
        return await run();
      } finally {
        this.#pending -= 1;
        end();
      }
    };
    const result = turn();
    // The rejection of a call that the caller does not await is not an unhandled one.
    result.catch(() => undefined);
    return result;
  }

  #requireOpen(): void {
    this.#requireUsable();
    if (this.#failure === undefined) return;
    throw new RegistryError(
      "BLOB_UPLOAD_INVALID",
      "cannot continue after a failed write: resume the upload",
      {
        cause: this.#failure.error,
      },
    );
  }

  #requireUsable(): void {
    if (this.#state === "committed" || this.#state === "cancelled") throw unknownUpload();
    this.#options.signal?.throwIfAborted();
    if (this.#state === "closed") throw writerClosed();
  }

  async #end(
    state: "closed" | "committed" | "cancelled",
    letGo: () => Awaitable<void> = () => undefined,
  ): Promise<void> {
    this.#state = state;
    this.#ignoreAbort?.();
    try {
      await letGo();
    } finally {
      this.#options.onEnd(this);
    }
  }
}
