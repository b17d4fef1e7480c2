import type { Digest } from "@ocilayout/oci-types";
import { concatBytes, createHasher } from "@ocilayout/oci-types/authors";

import type { TarEntry } from "../tar/reading/read-tar.ts";

/** The content of a file, or only its digest if the file is large. */
export interface FileContent {
  /** The offset of the entry in the layer, in bytes. */
  readonly offset: number;
  readonly digest: Digest;
  readonly bytes?: Uint8Array | undefined;
}

/** Reads the content of an entry. Keeps it if it has at most `bufferBytes` bytes. */
export async function readContent(
  { content, size, offset }: TarEntry,
  bufferBytes: number,
): Promise<FileContent> {
  const hasher = createHasher("sha256");
  const kept: Uint8Array[] = [];
  for await (const chunk of content) {
    hasher.update(chunk);
    if (size <= bufferBytes) kept.push(chunk.slice());
  }
  const bytes = size <= bufferBytes ? concatBytes(kept, size) : undefined;
  return { offset, digest: `sha256:${await hasher.digest()}`, bytes };
}
