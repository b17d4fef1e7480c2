import type { ContentReading } from "@ocilayout/layout-core/authors";
import type { OpenContent } from "@ocilayout/oci-backend";
import { decompress, detectCompression, MAGIC_BYTES } from "@ocilayout/oci-image/authors";

import { beyondLimit } from "../file/errors.ts";
import type { ArchiveFile, FileHold } from "../file/archive-file.ts";
import { openMember } from "../members/read-member.ts";
import type { Member } from "../members/members.ts";

/** How layers are read. */
export interface LayerSettings {
  /** Returns the maximum size of a decompressed layer in bytes, from that of the compressed one. */
  readonly limitOf: (compressed: number) => number;
}

/** A layer of a Docker archive. Its content is that of the decompressed layer, because Docker names it by that. */
export class DockerLayer {
  readonly #file: ArchiveFile;
  readonly #member: Member;
  readonly #limit: number;
  readonly #compression: ReturnType<typeof detectCompression>;
  #size: Promise<number> | undefined;

  constructor(file: ArchiveFile, member: Member, { limitOf }: LayerSettings) {
    this.#file = file;
    this.#member = member;
    this.#limit = limitOf(member.size);
    this.#compression = detectCompression(file.readNow(member.offset, Math.min(MAGIC_BYTES, member.size)));
    file.requireUnchanged();
  }

  /**
   * Returns the size of the content in bytes. A compressed layer is decompressed for that, once.
   *
   * @throws `RegistryError` `SIZE_INVALID` if it is beyond the limit, `ARCHIVE_INVALID` if it cannot be decompressed.
   */
  size(): Promise<number> {
    return (this.#size ??= this.#measure().catch((error: unknown) => {
      this.#size = undefined;
      throw error;
    }));
  }

  /** Opens the content. */
  async open(reading: ContentReading): Promise<OpenContent> {
    const size = await this.size();
    if (this.#compression === "none") return openMember(this.#file, this.#member, reading);
    const hold = this.#file.hold();
    return {
      size,
      chunks: "owned",
      read: (start, end) => this.#readPart(hold, start, end),
      close: () => hold.close(),
    };
  }

  async #measure(): Promise<number> {
    if (this.#compression === "none") return this.#member.size;
    let size = 0;
    for await (const chunk of this.#decompressed(this.#file.hold())) size += chunk.length;
    return size;
  }

  /** Yields the bytes from `start` up to `end`. It decompresses those before them, too. */
  async *#readPart(hold: FileHold, start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    let at = 0;
    for await (const chunk of this.#decompressed(hold)) {
      const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
      at += chunk.length;
      if (part.length > 0) yield part;
      // The end of a whole layer is read, too: the checksum of its compression is there.
      if (at > end) return;
    }
  }

  async *#decompressed(hold: FileHold): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#compression === "none") return;
    const { offset, size } = this.#member;
    const chunks = hold.read({ start: offset, end: offset + size }, { chunks: "reused" });
    let total = 0;
    try {
      for await (const chunk of decompress(chunks, this.#compression)) {
        total += chunk.length;
        if (total > this.#limit) throw beyondLimit("the size of a decompressed layer", this.#limit);
        yield chunk;
      }
    } finally {
      await chunks.return?.();
    }
  }
}
