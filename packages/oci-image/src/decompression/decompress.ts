import type { Chunks } from "./chunks.ts";
import type { Compression } from "./compression.ts";
import { decompressWithNode, findNodeZlib, type NodeZlib } from "./node-zlib.ts";
import { decompressWithStream } from "./web-decompression.ts";
import { unzstd } from "./zstd.ts";

/**
 * Decompresses `chunks`: with Node's zlib in Node, with `DecompressionStream` in browsers. It ends at the end of the
 * compressed stream and ignores bytes after it, as `gzip` does. A gzip stream can have several members, except in browsers.
 *
 * @throws `RegistryError` `ARCHIVE_INVALID` if the stream is malformed or ends too early; `SIZE_INVALID` for zstd if its window is
 * too large.
 */
export function decompress(
  chunks: Chunks,
  compression: Exclude<Compression, "none">,
  zlib: NodeZlib | undefined = findNodeZlib(),
): AsyncGenerator<Uint8Array, void, undefined> {
  if (compression === "zstd") return unzstd(chunks, zlib);
  return zlib === undefined
    ? decompressWithStream(chunks, "gzip")
    : decompressWithNode(chunks, "gzip", (options) => zlib.createGunzip(options));
}
