import { unknownUpload, writerClosed, wrongDigest } from "@ocilayout/oci-backend";
import type { BlobWriter, Descriptor, DigestAlgorithm } from "@ocilayout/oci-types";
import {
  createHasher,
  octetStream,
  onAbort,
  RegistryError,
  requireBytes,
  requireDigest,
} from "@ocilayout/oci-types";

import { BLOCK_BYTES } from "../blobs/chunk-writer.ts";
import { isCommitted } from "../disk/committed.ts";
import { EarlySync } from "../blobs/early-sync.ts";
import { READ_BYTES } from "../blobs/file-chunks.ts";
import { renewFile } from "../blobs/renew-file.ts";
import { storageError } from "../disk/storage-error.ts";
import type { OpenUpload } from "./upload-files.ts";
import type { HashedPrefix, HashedPrefixes } from "./hashed-prefixes.ts";
import type { Layout } from "../layout/layout.ts";

/** What an {@link UploadWriter} begins with. */
export interface UploadWriterOptions {
  readonly hashed: HashedPrefix;
  readonly chunkSize: number;
  readonly signal: AbortSignal | undefined;
  /** Where the hash goes when this writer is closed. */
  readonly prefixes: HashedPrefixes;
  /** Told when this writer is of no use any more. */
  readonly onEnd: (writer: UploadWriter) => void;
}

/** One writer of an upload session. Its calls run one after the other, in the order they were made. */
export class UploadWriter implements BlobWriter {
  readonly id: string;
  readonly chunkSize: number;
  readonly #layout: Layout;
  readonly #upload: OpenUpload;
  readonly #options: UploadWriterOptions;
  readonly #early: EarlySync;
  #size: number;
  /** Used for one block after the other. */
  #memory: Uint8Array = new Uint8Array();
  #state: "open" | "closed" | "committed" | "cancelled" = "open";
  /** The error of a write that failed: what would come behind it has no place. */
  #failure: { readonly error: unknown } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #ignoreAbort: (() => void) | undefined;

  constructor(layout: Layout, upload: OpenUpload, options: UploadWriterOptions) {
    this.id = upload.state.id;
    this.chunkSize = options.chunkSize;
    this.#layout = layout;
    this.#upload = upload;
    this.#options = options;
    this.#size = upload.state.size;
    this.#early = new EarlySync(layout.disk, upload.file, layout.settings.durable);
    const { signal } = options;
    if (signal?.aborted === true) void this.close();
    else if (signal !== undefined) this.#ignoreAbort = onAbort(signal, () => void this.close());
  }

  get size(): number {
    return this.#size;
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#enqueue("writing an upload", async () => {
      const bytes = requireBytes(chunk, "a chunk");
      this.#requireOpen();
      const { disk } = this.#layout;
      try {
        let at = this.#size;
        for (let rest = bytes; rest.length > 0;) {
          const block = this.#copy(rest);
          rest = rest.subarray(block.length);
          await this.#writeBlock(block, at);
          at += block.length;
        }
        this.#early.wrote(at - this.#size);
        this.#size = at;
      } catch (error) {
        this.#failure = { error };
        // Half a chunk is worth nothing to who resumes; where it cannot be cut off, the session's size says so.
        await disk.truncate(this.#upload.file, this.#size).catch(() => undefined);
        throw error;
      }
    });
  }

  /** What comes first of a chunk, in memory of ours: its owner, or another thread, can change the chunk at any moment. */
  #copy(chunk: Uint8Array): Uint8Array {
    const size = Math.min(chunk.length, BLOCK_BYTES);
    if (this.#memory.length < size) this.#memory = Buffer.allocUnsafeSlow(size);
    const block = this.#memory.subarray(0, size);
    block.set(chunk.subarray(0, size));
    return block;
  }

  async #writeBlock(block: Uint8Array, at: number): Promise<void> {
    const { hashed } = this.#options;
    const written = this.#layout.disk.write(this.#upload.file, block, at);
    // What was received elsewhere is hashed at the end, and so is then all that came behind it.
    if (hashed.size === at) {
      hashed.hasher.update(block);
      hashed.size += block.length;
    }
    await written;
  }

  commit(digest: string): Promise<Descriptor> {
    return this.#enqueue("committing an upload", async () => {
      const expected = requireDigest(digest);
      this.#requireOpen();
      const received = `${expected.algorithm}:${await this.#hash(expected.algorithm)}`;
      if (received !== expected.digest) throw wrongDigest(expected.digest, received);
      // Its last byte may be old, and the blob is new.
      await renewFile(this.#layout.clock, this.#upload.file);
      await this.#early.end().catch(async (error: unknown) => {
        this.#end("cancelled");
        await this.#upload.remove().catch(() => undefined);
        throw error;
      });
      this.#options.signal?.throwIfAborted();
      // What was hashed is what this writer has open: another file at its path is not the upload.
      if (!(await this.#upload.isInPlace())) throw unknownUpload();
      const staged = { digest: expected.digest, size: this.#size, temporary: this.#upload.path };
      try {
        await this.#layout.place(staged, this.#options.signal);
      } catch (error) {
        if (isCommitted(error)) await this.#finish();
        throw error;
      }
      await this.#finish();
      return { mediaType: octetStream, digest: expected.digest, size: staged.size };
    });
  }

  /** The blob is there. What is left of the session is nobody's any more, and removed later if not now. */
  async #finish(): Promise<void> {
    this.#end("committed");
    await this.#upload.remove().catch(() => undefined);
  }

  cancel(): Promise<void> {
    return this.#enqueue("cancelling an upload", async () => {
      if (this.#state === "committed" || this.#state === "cancelled") return;
      this.#requireUsable();
      this.#end("cancelled");
      await this.#early.settle();
      await this.#upload.remove();
    });
  }

  close(): Promise<void> {
    return this.#enqueue("closing an upload", async () => {
      if (this.#state !== "open") return;
      this.#end("closed");
      await this.#early.settle();
      // What could not be flushed may be lost, and nobody may go on with it.
      await (this.#early.hasFailed ? this.#upload.remove() : this.#upload.close());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #enqueue<Result>(doing: string, run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(run).catch((error: unknown) => {
      throw storageError(error, doing);
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  #requireOpen(): void {
    this.#requireUsable();
    if (this.#failure === undefined) return;
    throw new RegistryError("BLOB_UPLOAD_INVALID", "a write failed: resume the upload where it stands", {
      cause: this.#failure.error,
    });
  }

  #requireUsable(): void {
    const { signal } = this.#options;
    if (this.#state === "committed" || this.#state === "cancelled") throw unknownUpload();
    signal?.throwIfAborted();
    if (this.#state === "closed") throw writerClosed();
  }

  #end(state: "closed" | "committed" | "cancelled"): void {
    const { prefixes, hashed, onEnd } = this.#options;
    this.#state = state;
    this.#ignoreAbort?.();
    const stamp = state === "closed" && hashed.size === this.#size ? this.#upload.stamp() : undefined;
    if (stamp !== undefined) prefixes.keep(this.id, stamp, hashed);
    onEnd(this);
  }

  /** The hash of everything received, in hexadecimal; the session can be written to afterwards. */
  async #hash(algorithm: DigestAlgorithm): Promise<string> {
    const { hashed } = this.#options;
    if (algorithm === this.#upload.state.algorithm) {
      await this.#read(hashed.size, (block) => {
        hashed.hasher.update(block);
        hashed.size += block.length;
      });
      const copy = hashed.hasher.copy?.();
      if (copy !== undefined) return copy.digest();
    }
    const whole = createHasher(algorithm);
    await this.#read(0, (block) => {
      whole.update(block);
    });
    return whole.digest();
  }

  async #read(from: number, look: (block: Uint8Array) => void): Promise<void> {
    const buffer = new Uint8Array(Math.min(READ_BYTES, Math.max(this.#size - from, 1)));
    for (let at = from; at < this.#size;) {
      const count = await this.#layout.disk.read(this.#upload.file, buffer, at);
      if (count === 0)
        throw new RegistryError("BLOB_UPLOAD_INVALID", "what was uploaded is not there any more");
      const block = buffer.subarray(0, Math.min(count, this.#size - at));
      look(block);
      at += block.length;
    }
  }
}
