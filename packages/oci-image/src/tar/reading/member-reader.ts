import { beyondLimit, malformed, truncated } from "../errors.ts";
import { BLOCK, isZero, padded } from "../format/block.ts";
import { describeEntry, type HeaderDraft, type HeaderStart } from "./describe-entry.ts";
import { Extensions } from "./extensions.ts";
import type { TarHeader } from "./header.ts";
import { FIELDS, requireChecksum, requireField, typeflagIn } from "./header-block.ts";
import type { CheckedReadOptions } from "./limits.ts";
import { readContentMap, readGnuMap, type SparseFile } from "./sparse-map.ts";
import { requireSegments } from "./sparse-pairs.ts";
import type { Steps } from "./steps.ts";
import type { TarInput } from "./tar-input.ts";

/** The number of bytes after the end of an archive that are read at once. */
const TAIL = 64 * 1024;

/** Reads the headers of an archive in order, and skips the content between them. */
export class MemberReader {
  readonly #input: TarInput;
  readonly #options: CheckedReadOptions;
  readonly #extensions: Extensions;
  /** The offset of the next header. */
  #next = 0;
  #entries = 0;
  #bytes = 0;
  #hasEnded = false;

  constructor(input: TarInput, options: CheckedReadOptions) {
    this.#input = input;
    this.#options = options;
    this.#extensions = new Extensions(options.limits);
  }

  /** Returns the next entry, or `undefined` at the end. Afterwards, the input is at the content of the entry. */
  *next(): Steps<TarHeader | undefined> {
    const input = this.#input;
    if (input.offset !== this.#next) yield input.seek(this.#next);
    while (!this.#hasEnded) {
      const { offset } = input;
      if (!input.has(BLOCK)) yield input.fill(BLOCK);
      const block = input.take(BLOCK);
      if (block.length < BLOCK || (block[0] === 0 && isZero(block))) {
        yield* this.#end(block, offset);
        break;
      }
      requireChecksum(block, offset);
      const start = { offset, typeflag: typeflagIn(block), size: requireField(block, FIELDS.size, offset) };
      if (Extensions.has(start.typeflag)) yield* this.#readExtension(start);
      else {
        const extensions = this.#extensions.take(offset);
        const { header, sparse } = describeEntry(block, start, extensions, this.#options.limits);
        this.#admit(header);
        if (sparse !== undefined) yield* this.#readSegments(block, header, sparse);
        return this.#locate(header);
      }
    }
    return undefined;
  }

  *#readExtension({ typeflag, size, offset }: HeaderStart): Steps<void> {
    const input = this.#input;
    this.#extensions.announce(typeflag, size, offset);
    // Global headers have no entry, so they count like one.
    if (typeflag === "g") this.#count(offset);
    const start = input.offset;
    if (!input.has(size)) yield input.fill(size);
    const body = input.take(size);
    if (body.length < size) throw truncated(input.offset);
    this.#extensions.add(typeflag, body, start);
    yield input.seek(start + padded(size));
  }

  #count(offset: number): void {
    const { entries } = this.#options.limits;
    this.#entries += 1;
    if (this.#entries > entries) throw beyondLimit(offset, "the number of entries", entries);
  }

  /** Checks the limits of an entry, before more of it is read. */
  #admit({ offset, size }: TarHeader): void {
    const { fileBytes, bytes } = this.#options.limits;
    this.#count(offset);
    this.#bytes += size;
    if (size > fileBytes) throw beyondLimit(offset, "the size of a file", fileBytes);
    if (this.#bytes > bytes) throw beyondLimit(offset, "the size of all files", bytes);
  }

  /** Sets the segments of a sparse file. If the content begins with them, the rest of it is the content of the file. */
  *#readSegments(block: Uint8Array, header: HeaderDraft, { segments }: SparseFile): Steps<void> {
    const { offset } = header;
    const limit = this.#options.limits.segments;
    const nextBlock = (): Steps<Uint8Array> => this.#nextBlock();
    if (segments === "after-header") header.sparse = yield* readGnuMap(block, offset, limit, nextBlock);
    else if (segments === "in-content") {
      const end = this.#input.offset + header.dataSize;
      header.sparse = yield* readContentMap(offset, limit, nextBlock);
      header.dataSize = end - this.#input.offset;
      if (header.dataSize < 0) throw malformed(offset, "the map of a sparse file is longer than its content");
    } else header.sparse = segments;
    requireSegments(header.sparse, header);
  }

  *#nextBlock(): Steps<Uint8Array> {
    const input = this.#input;
    if (!input.has(BLOCK)) yield input.fill(BLOCK);
    const block = input.take(BLOCK);
    if (block.length < BLOCK) throw truncated(input.offset);
    return block;
  }

  /** Sets the offset of the content, which is that of the input, and finds the next header. */
  #locate(header: HeaderDraft): TarHeader {
    header.dataOffset = this.#input.offset;
    this.#next = header.dataOffset + padded(header.dataSize);
    return header;
  }

  /**
   * Checks the end of the archive. `block` has only zeros, or is the shorter rest of the archive.
   *
   * @throws `RegistryError` `ARCHIVE_INVALID` if the archive cannot end at `offset`.
   */
  *#end(block: Uint8Array, offset: number): Steps<void> {
    const input = this.#input;
    this.#hasEnded = true;
    if (this.#extensions.isWaiting) throw malformed(offset, "the archive ends after an extended header");
    if (block.length > 0 && block.length < BLOCK) throw truncated(input.offset);
    yield input.fill(BLOCK);
    const second = input.take(block.length);
    if (second.length > 0 && second.length < BLOCK) throw truncated(input.offset);
    // GNU tar ends here with a warning, other programs continue.
    if (!isZero(second)) throw malformed(offset, "only one block of zeros is before another header");
    if (this.#options.requireEnd) yield* this.#requireEnd(second, offset);
  }

  *#requireEnd(second: Uint8Array, offset: number): Steps<void> {
    const input = this.#input;
    if (second.length === 0) throw malformed(offset, "it does not end with two blocks of zeros");
    for (;;) {
      const tail = input.offset;
      yield input.fill(TAIL);
      const rest = input.take(TAIL);
      if (rest.length === 0) return;
      if (!isZero(rest)) throw malformed(tail, "bytes follow the end of the archive");
    }
  }
}
