import { RegistryError } from "../basics/errors.ts";
import type { Descriptor } from "../documents/descriptor.ts";
import type { BlobReader } from "./blob-reader.ts";
import { concatBytes } from "../content/hasher.ts";

/** The part of a `BlobReader` that follows from its iterator: a reader adds how it opens and closes its content. */
export abstract class ChunkReader implements BlobReader {
  /** Returns the descriptor of the content. */
  abstract get descriptor(): Descriptor;
  /** Reads the content. It can be read once. */
  abstract [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined>;
  /** Closes the content. Idempotent. */
  abstract close(): Promise<void>;

  /** Returns a chunk that stays as it is when the next one is requested. A reader that reuses its memory copies it. */
  protected kept(chunk: Uint8Array): Uint8Array {
    return chunk;
  }

  /** Returns the content as a stream. Cancelling it closes the reader. */
  stream(): ReadableStream<Uint8Array> {
    const chunks = this[Symbol.asyncIterator]();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const result = await chunks.next();
          if (result.done === true) controller.close();
          else controller.enqueue(result.value);
        },
        cancel: () => this.close(),
      },
      { highWaterMark: 0 },
    );
  }

  /** Returns the whole content. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this) {
      chunks.push(this.kept(chunk));
      size += chunk.length;
    }
    return concatBytes(chunks, size);
  }

  /** Returns the whole content as text. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /**
   * Returns the whole content, parsed as JSON.
   *
   * @throws `RegistryError` `MANIFEST_INVALID` if it is not JSON.
   */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new RegistryError("MANIFEST_INVALID", `${this.descriptor.digest} is not JSON`, { cause });
    }
  }

  /** Closes the reader. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
