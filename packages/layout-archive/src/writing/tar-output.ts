import { wrongDigest, wrongSize } from "@ocilayout/oci-backend";
import { tarHeader } from "@ocilayout/oci-image/authors";
import type { CheckedDigest } from "@ocilayout/oci-types";
import { createHasher, requireDigest } from "@ocilayout/oci-types/authors";

import { BlockWriter } from "../file/block-writer.ts";
import type { Output } from "./output.ts";

/** The size of a block of a tar archive, in bytes. */
const TAR_BLOCK = 512;
const ZEROS: Uint8Array = new Uint8Array(2 * TAR_BLOCK);

/** Content that must have this digest and size. */
export interface ExpectedContent {
  readonly digest: CheckedDigest;
  /** In bytes. */
  readonly size: number;
}

/** Writes the members of an archive, one after the other. After a failure no more can be written. */
export class TarOutput {
  readonly #output: Output;
  readonly #writer: BlockWriter;
  #failure: { readonly error: unknown } | undefined;

  constructor(output: Output) {
    this.#output = output;
    this.#writer = new BlockWriter(output);
  }

  /** Writes a directory. */
  async directory(path: string): Promise<void> {
    await this.#guard(() => this.#writer.add(tarHeader({ path, type: "directory" })));
  }

  /** Writes a document. */
  async document(path: string, bytes: Uint8Array): Promise<void> {
    await this.#guard(async () => {
      await this.#writer.add(tarHeader({ path, size: bytes.length }));
      await this.#writer.add(bytes);
      await this.#pad(bytes.length);
    });
  }

  /**
   * Writes content, and verifies what was written.
   *
   * @throws `RegistryError` `SIZE_INVALID` or `DIGEST_INVALID` if it is other content.
   */
  async content(path: string, expected: ExpectedContent, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#guard(async () => {
      const { digest, algorithm } = requireDigest(expected.digest);
      const hasher = createHasher(algorithm);
      await this.#writer.add(tarHeader({ path, size: expected.size }));
      let size = 0;
      for await (const chunk of chunks) {
        size += chunk.length;
        if (size > expected.size) throw wrongSize(expected.size);
        await this.#writer.add(chunk, hasher);
      }
      if (size < expected.size) throw wrongSize(expected.size, size);
      const received = `${algorithm}:${await hasher.digest()}`;
      if (received !== digest) throw wrongDigest(digest, received);
      await this.#pad(size);
    });
  }

  /** Ends the archive, and makes it visible. */
  async finish(): Promise<void> {
    await this.#guard(async () => {
      await this.#writer.add(ZEROS);
      await this.#writer.end();
    });
    await this.#output.finish();
  }

  /** Drops the archive. Never rejects. */
  async abort(reason: unknown): Promise<void> {
    this.#failure ??= { error: reason };
    if (!this.#output.keepsBlocks) await this.#writer.settle();
    await this.#output.abort(reason);
  }

  async #pad(size: number): Promise<void> {
    await this.#writer.add(ZEROS.subarray(0, (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK));
  }

  /** Runs a write. An incomplete member cannot be taken back, so a failure ends the archive. */
  async #guard(write: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      await write();
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }
}
