import type { BlobWriter, Descriptor } from "@ocilayout/oci-types";

/** A writer that keeps its layout open until it is of no use any more. */
export class PinnedWriter implements BlobWriter {
  readonly #writer: BlobWriter;
  readonly #release: () => Promise<void>;

  constructor(writer: BlobWriter, release: () => Promise<void>) {
    this.#writer = writer;
    this.#release = release;
  }

  get id(): string {
    return this.#writer.id;
  }

  get size(): number {
    return this.#writer.size;
  }

  get chunkSize(): number {
    return this.#writer.chunkSize;
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#writer.write(chunk);
  }

  async commit(digest: string): Promise<Descriptor> {
    const descriptor = await this.#writer.commit(digest);
    await this.#release();
    return descriptor;
  }

  async cancel(): Promise<void> {
    await this.#writer.cancel();
    await this.#release();
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await this.#release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
