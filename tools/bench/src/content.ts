import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { emptyDescriptor, ociMediaTypes, type Descriptor, type Digest } from "@ocilayout/oci-types";

/** A mebibyte, in bytes. */
export const MIB: number = 1024 * 1024;
/** The size of large content, in mebibytes: a gibibyte, unless `BENCH_MIB` sets another. */
export const GIB: number = Number(process.env["BENCH_MIB"] ?? 1024);

/** Encodes text as UTF-8. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Returns the descriptor of `content`. */
export function describe(content: Uint8Array, mediaType: string): Descriptor {
  return {
    mediaType,
    digest: digestOf([content]),
    size: content.length,
  };
}

/** Returns a manifest that is different for each `name`. */
export function manifest(name: string, subject?: Descriptor): Uint8Array {
  const config = emptyDescriptor;
  return bytes(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageManifest,
      artifactType: "application/vnd.example",
      config,
      layers: [],
      subject,
      annotations: { name },
    }),
  );
}

/** Writes a layout with `count` tagged manifests of the repository "a" (tags `t0`, `t1`, …), without pushing them. */
export function writeLayout(directory: string, count: number, content: (number: number) => Uint8Array): void {
  mkdirSync(join(directory, "blobs", "sha256"), { recursive: true });
  writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  const put = (blob: Uint8Array, descriptor: Descriptor): void => {
    writeFileSync(join(directory, "blobs", descriptor.digest.replace(":", "/")), blob);
  };
  put(bytes("{}"), emptyDescriptor);
  const known: Map<Uint8Array, Descriptor> = new Map();
  const manifests = Array.from({ length: count }, (_, number) => {
    const blob = content(number);
    let descriptor = known.get(blob);
    if (descriptor === undefined) {
      descriptor = describe(blob, ociMediaTypes.imageManifest);
      known.set(blob, descriptor);
      put(blob, descriptor);
    }
    return { ...descriptor, annotations: { "org.opencontainers.image.ref.name": `a:t${number}` } };
  });
  writeFileSync(
    join(directory, "index.json"),
    JSON.stringify({ schemaVersion: 2, mediaType: ociMediaTypes.imageIndex, manifests }),
  );
}

const CHUNK = Buffer.alloc(MIB, "ocilayout");

/** Yields `count` mebibytes in chunks of one. All chunks share the same memory. */
export function* chunks(count: number): Generator<Uint8Array, void, undefined> {
  for (let i = 0; i < count; i += 1) yield CHUNK;
}

/** Returns the sha256 digest of content. */
export function digestOf(content: Iterable<Uint8Array>): Digest {
  const hasher = createHash("sha256");
  for (const chunk of content) hasher.update(chunk);
  return `sha256:${hasher.digest("hex")}`;
}
