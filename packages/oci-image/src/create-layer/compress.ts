import { RegistryError } from "@ocilayout/oci-types";

import { builtinModule } from "../platform/builtin-module.ts";
import type { Compressor } from "./compressor.ts";
import { nodeCompressor, type NodeZlib } from "./node-compressor.ts";
import type { LayerCompression } from "./options.ts";
import { webCompressor } from "./web-compressor.ts";

/** The platform's compression. */
export interface CompressionHost {
  readonly zlib: NodeZlib | undefined;
  readonly CompressionStream: typeof CompressionStream | undefined;
}

/** The level of zlib. It is fixed, so that the bytes do not depend on a default. */
const GZIP_LEVEL = 6;

/** The operating system in the header of gzip: unknown. */
const UNKNOWN_SYSTEM = 255;
const SYSTEM_AT = 9;

/** Returns the compression of this platform. */
export function compressionHost(): CompressionHost {
  return {
    zlib: builtinModule("node:zlib") as NodeZlib | undefined,
    CompressionStream: (globalThis as Partial<Pick<typeof globalThis, "CompressionStream">>)
      .CompressionStream,
  };
}

/**
 * Starts a compression.
 *
 * @returns `undefined` if nothing is compressed.
 * @throws `RegistryError` `UNSUPPORTED` if the platform does not have the compression.
 */
export function createCompressor(
  compression: LayerCompression,
  { zlib, CompressionStream }: CompressionHost = compressionHost(),
): Compressor | undefined {
  if (compression === "none") return undefined;
  if (compression === "zstd") {
    if (zlib?.createZstdCompress !== undefined) return nodeCompressor(zlib.createZstdCompress());
    throw new RegistryError("UNSUPPORTED", "cannot compress with zstd: it needs Node 22.15 or later");
  }
  if (zlib !== undefined) return withoutSystem(nodeCompressor(zlib.createGzip({ level: GZIP_LEVEL })));
  if (CompressionStream !== undefined) return withoutSystem(webCompressor(new CompressionStream("gzip")));
  throw new RegistryError("UNSUPPORTED", "cannot compress with gzip: this platform has no CompressionStream");
}

/** Compresses chunks while they are read. However it ends, it ends the chunks. */
export async function* compress(
  chunks: AsyncIterable<Uint8Array>,
  compressor: Compressor,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pumped = pump(chunks, compressor);
  // The output also rejects, so the failure is not lost.
  pumped.catch(() => undefined);
  try {
    for await (const chunk of compressor.output) yield chunk;
    await pumped;
  } catch (error) {
    // The failure of the source is the reason of the failure of the output.
    await pumped;
    throw error;
  } finally {
    compressor.abort(new Error("the compression has ended"));
    await pumped.catch(() => undefined);
  }
}

async function pump(chunks: AsyncIterable<Uint8Array>, compressor: Compressor): Promise<void> {
  try {
    for await (const chunk of chunks) await compressor.write(chunk);
    await compressor.close();
  } catch (error) {
    compressor.abort(error);
    throw error;
  }
}

/** Removes the operating system from the header of gzip, so that the bytes do not depend on it. */
function withoutSystem({ output, ...compressor }: Compressor): Compressor {
  return { ...compressor, output: replaceByte(output, SYSTEM_AT, UNKNOWN_SYSTEM) };
}

async function* replaceByte(
  chunks: AsyncIterable<Uint8Array>,
  at: number,
  byte: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let offset = 0;
  for await (const chunk of chunks) {
    if (at >= offset && at < offset + chunk.length) chunk[at - offset] = byte;
    offset += chunk.length;
    yield chunk;
  }
}
