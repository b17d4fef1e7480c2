import { RegistryError } from "@ocilayout/oci-types";

import type { Chunks } from "./chunks.ts";
import { decompressWithNode, type NodeZlib } from "./node-zlib.ts";

/**
 * Decompresses zstd. Node's own decompressor rejects windows of more than 128 MiB.
 *
 * @throws `RegistryError` `UNSUPPORTED` if Node is older than 22.15, or this is a browser.
 */
export async function* unzstd(
  chunks: Chunks,
  zlib: NodeZlib | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const create = zlib?.createZstdDecompress;
  if (create === undefined)
    throw new RegistryError(
      "UNSUPPORTED",
      "cannot decompress a layer with zstd: it needs Node 22.15 or later",
    );
  yield* decompressWithNode(chunks, "zstd", create);
}
