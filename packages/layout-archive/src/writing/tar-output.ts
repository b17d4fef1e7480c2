import { wrongDigest, wrongSize } from "@ocilayout/oci-backend";
import { tarHeader } from "@ocilayout/oci-image/authors";
import type { CheckedDigest } from "@ocilayout/oci-types";
import { createHasher, requireDigest } from "@ocilayout/oci-types/authors";

import { BlockWriter, type Release } from "../file/block-writer.ts";
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
   * @returns A function that requires that the content has ended. Meanwhile, other members can be written.
   * @throws `RegistryError` `SIZE_INVALID` or `DIGEST_INVALID` if it is other content.
   */
  async content(
    path: string,
    expected: ExpectedContent,
    chunks: AsyncIterator<Uint8Array, undefined>,
    isUnshared: boolean,
  ): Promise<() => Promise<void>> {
    let release: Release = async () => undefined;
    const requireEnd = async (): Promise<void> => {
      await release();
      for (let result = await chunks.next(); result.done !== true; result = await chunks.next())
        if (result.value.length > 0) throw wrongSize(expected.size);
    };
    await this.#guard(async () => {
      const { digest, algorithm } = requireDigest(expected.digest);
      const hasher = createHasher(algorithm);
      await this.#writer.add(tarHeader({ path, size: expected.size }));
      for (let size = 0; size < expected.size;) {
        await release();
        const result = await chunks.next();
        if (result.done === true) throw wrongSize(expected.size, size);
        const { value: chunk } = result;
        size += chunk.length;
        if (size > expected.size) throw wrongSize(expected.size);
        if (isUnshared) release = await this.#writer.addUnshared(chunk, hasher, size === expected.size);
        else await this.#writer.add(chunk, hasher);
      }
      const received = `${algorithm}:${await hasher.digest()}`;
      if (received !== digest) {
        // The copy blames a source whose content was read to its end.
        await requireEnd();
        throw wrongDigest(digest, received);
      }
      await this.#pad(expected.size);
    });
    return () => this.#guard(requireEnd);
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
