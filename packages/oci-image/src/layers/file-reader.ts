import type { BlobReader, Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { ChunkReader, cloneJson } from "@ocilayout/oci-types/authors";

import type { ImageFile } from "./tree/image-file.ts";

/** Reads the content of a file of an image. */
export interface ImageFileReader extends BlobReader {
  /** The digest of the content and its size, with the media type `application/octet-stream`. */
  readonly descriptor: Descriptor;
  /** The facts about the file. Its path has no symlinks. */
  readonly file: ImageFile;
}

/** Opens the content. It is called at most once. */
export type OpenContent = () => AsyncGenerator<Uint8Array, void, undefined>;

/** Creates a reader. The chunks of the content must belong to the caller. */
export function createFileReader(
  file: ImageFile,
  descriptor: Descriptor,
  open: OpenContent,
): ImageFileReader {
  return new FileReader(file, descriptor, open);
}

class FileReader extends ChunkReader implements ImageFileReader {
  readonly file: ImageFile;
  readonly #descriptor: Descriptor;
  readonly #open: OpenContent;
  #state: "fresh" | "used" | "closed" = "fresh";
  #chunks: AsyncGenerator<Uint8Array, void, undefined> | undefined;

  constructor(file: ImageFile, descriptor: Descriptor, open: OpenContent) {
    super();
    this.file = file;
    this.#descriptor = descriptor;
    this.#open = open;
  }

  get descriptor(): Descriptor {
    return cloneJson(this.#descriptor);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    if (this.#state === "used") throw new TypeError("this content was read already");
    if (this.#state === "fresh") this.#state = "used";
    return {
      next: async () => {
        this.#requireOpen();
        this.#chunks ??= this.#open();
        const result = await this.#chunks.next();
        this.#requireOpen();
        return result.done === true ? { done: true, value: undefined } : result;
      },
      return: async () => {
        await this.#chunks?.return();
        return { done: true, value: undefined };
      },
    };
  }

  async close(): Promise<void> {
    this.#state = "closed";
    await this.#chunks?.return();
  }

  #requireOpen(): void {
    if (this.#state === "closed") throw new RegistryError("CLOSED", "this reader was closed");
  }
}
