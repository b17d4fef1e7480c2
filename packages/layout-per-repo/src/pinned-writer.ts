import type { BlobWriter, Descriptor } from "@ocilayout/oci-types";
import { onAbort } from "@ocilayout/oci-types";

/** A writer that keeps its layout open until it is of no use any more. */
export class PinnedWriter implements BlobWriter {
  readonly #writer: BlobWriter;
  readonly #release: () => Promise<void>;

  /** @param signal - Ends the writer, and with it the need for the layout. */
  constructor(writer: BlobWriter, release: () => Promise<void>, signal: AbortSignal | undefined) {
    this.#writer = writer;
    this.#release = async () => {
      ignoreAbort?.();
      await release();
    };
    // Nobody waits for the close that an abort causes, so that its failure is nobody's to handle.
    const end = (): void => void this.close().catch(() => undefined);
    const ignoreAbort = signal === undefined ? undefined : onAbort(signal, end);
    if (signal?.aborted === true) end();
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
    try {
      await this.#writer.close();
    } finally {
      await this.#release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
