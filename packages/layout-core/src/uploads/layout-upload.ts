import type { UploadSession } from "@ocilayout/oci-backend";
import { unknownUpload } from "@ocilayout/oci-backend";
import type { CheckedDigest, DigestAlgorithm } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { createHasher, requireDigest, wrongDigest } from "@ocilayout/oci-types/authors";

import { BLOCK_BYTES } from "../blobs/chunk-writer.ts";
import { EarlySync } from "../blobs/early-sync.ts";
import { READ_BYTES } from "../blobs/file-chunks.ts";
import { renewFile } from "../blobs/renew-file.ts";
import { isCommitted } from "../disk/committed.ts";
import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import type { HashedPrefix, HashedPrefixes } from "./hashed-prefixes.ts";
import type { OpenUpload } from "./upload-files.ts";

/** An upload session of a layout, held by one writer. */
export class LayoutUpload implements UploadSession {
  readonly id: string;
  readonly #layout: Layout;
  readonly #upload: OpenUpload;
  /** Keeps the hash when the session is closed. */
  readonly #prefixes: HashedPrefixes;
  readonly #hashed: HashedPrefix;
  readonly #early: EarlySync;
  #size: number;
  /** Memory for one block at a time. */
  #memory: Uint8Array = new Uint8Array();
  #ended: "committed" | "cancelled" | undefined;

  constructor(layout: Layout, upload: OpenUpload, prefixes: HashedPrefixes) {
    this.id = upload.state.id;
    this.#layout = layout;
    this.#upload = upload;
    this.#prefixes = prefixes;
    this.#hashed = prefixes.take(upload.state);
    this.#size = upload.state.size;
    this.#early = new EarlySync(layout.disk, upload.file, layout.settings.durable);
  }

  get size(): number {
    return this.#size;
  }

  get ended(): "committed" | "cancelled" | undefined {
    return this.#ended;
  }

  async write(chunk: Uint8Array): Promise<void> {
    try {
      let at = this.#size;
      for (let rest = chunk; rest.length > 0;) {
        const block = this.#copy(rest);
        rest = rest.subarray(block.length);
        await this.#writeBlock(block, at);
        at += block.length;
      }
      this.#early.wrote(at - this.#size);
      this.#size = at;
    } catch (error) {
      // A caller that resumes cannot use half a chunk. If it cannot be truncated, the session's size includes it.
      await this.#layout.disk.truncate(this.#upload.file, this.#size).catch(() => undefined);
      throw storageError(error, "write the upload");
    }
  }

  async commit(digest: CheckedDigest, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#commit(digest, signal);
    } catch (error) {
      throw storageError(error, "commit the upload");
    }
  }

  async cancel(): Promise<void> {
    try {
      await this.#early.settle();
      await this.#upload.remove();
      this.#prefixes.drop(this.id);
    } catch (error) {
      throw storageError(error, "cancel the upload");
    }
  }

  async close(): Promise<void> {
    const stamp = this.#hashed.size === this.#size ? this.#upload.stamp() : undefined;
    if (stamp !== undefined) this.#prefixes.keep(this.id, stamp, this.#hashed);
    try {
      await this.#early.settle();
      // Bytes that could not be flushed may be lost, so the session must not be resumed.
      await (this.#early.hasFailed ? this.#upload.remove() : this.#upload.close());
    } catch (error) {
      throw storageError(error, "close the upload");
    }
  }

  async #commit(digest: CheckedDigest, signal: AbortSignal | undefined): Promise<void> {
    const { algorithm } = requireDigest(digest);
    const received = `${algorithm}:${await this.#hash(algorithm)}`;
    if (received !== digest) throw wrongDigest(digest, received);
    // The last write may be old, but the blob is new.
    await renewFile(this.#layout.clock, this.#upload.file);
    await this.#early.end().catch(async (error: unknown) => {
      this.#ended = "cancelled";
      await this.#upload.remove().catch(() => undefined);
      throw error;
    });
    signal?.throwIfAborted();
    // The hash covers the open file. If another file is at its path, that is not the upload.
    if (!(await this.#upload.isInPlace())) throw unknownUpload();
    try {
      await this.#layout.place({ digest, size: this.#size, temporary: this.#upload.path }, signal);
    } catch (error) {
      if (isCommitted(error)) await this.#finish();
      throw error;
    }
    await this.#finish();
  }

  /** Removes the session after its blob is stored. If that fails, the session is removed later. */
  async #finish(): Promise<void> {
    this.#ended = "committed";
    await this.#upload.remove().catch(() => undefined);
  }

  /** Copies the beginning of a chunk, because its owner or another thread may change the chunk at any moment. */
  #copy(chunk: Uint8Array): Uint8Array {
    const size = Math.min(chunk.length, BLOCK_BYTES);
    if (this.#memory.length < size) this.#memory = Buffer.allocUnsafeSlow(size);
    const block = this.#memory.subarray(0, size);
    block.set(chunk.subarray(0, size));
    return block;
  }

  async #writeBlock(block: Uint8Array, at: number): Promise<void> {
    const written = this.#layout.disk.write(this.#upload.file, block, at);
    // If bytes before this block were not hashed here, everything from there on is hashed at commit.
    if (this.#hashed.size === at) {
      this.#hashed.hasher.update(block);
      this.#hashed.size += block.length;
    }
    await written;
  }

  /** Returns the hash of everything received, in hexadecimal. The session can be written to afterwards. */
  async #hash(algorithm: DigestAlgorithm): Promise<string> {
    const hashed = this.#hashed;
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
        throw new RegistryError(
          "BLOB_UPLOAD_INVALID",
          "cannot commit the upload: received bytes are missing from its file",
        );
      const block = buffer.subarray(0, Math.min(count, this.#size - at));
      look(block);
      at += block.length;
    }
  }
}
