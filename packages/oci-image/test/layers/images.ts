import { gzipSync } from "node:zlib";

import { ociMediaTypes, type Descriptor, type RegistryReader } from "@ocilayout/oci-types";
import { descriptorOf } from "@ocilayout/testing";

import { listFiles, type ImageFile, type ListFilesOptions, type Place } from "../../src/index.ts";
import { writeTar, type TarEntryInit } from "../../src/tar.ts";
import { FakeRegistry } from "../fake-registry.ts";

/** A layer: its entries, or its exact bytes. */
export type LayerInit =
  | readonly TarEntryInit[]
  | {
      readonly blob: Uint8Array;
      /** The decompressed bytes, of which the config has the digest. */
      readonly plain: Uint8Array;
      readonly mediaType?: string;
    };

/** An image in a registry in memory that verifies nothing. */
export interface TestImage {
  readonly registry: FakeRegistry;
  readonly at: Place<RegistryReader>;
  /** The lowest first. */
  readonly layers: readonly Descriptor[];
  readonly diffIds: readonly string[];
}

/** Makes an archive. */
export async function tarOf(...entries: readonly TarEntryInit[]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Makes an image of these layers, the lowest first. Layers of entries are compressed with gzip. */
export async function imageOf(...inits: readonly LayerInit[]): Promise<TestImage> {
  const registry = new FakeRegistry();
  const layers: Descriptor[] = [];
  const diffIds: string[] = [];
  for (const init of inits) {
    const plain = "blob" in init ? init.plain : await tarOf(...init);
    const blob = "blob" in init ? init.blob : gzipSync(plain, { level: 1 });
    const mediaType = ("blob" in init ? init.mediaType : undefined) ?? ociMediaTypes.layerGzip;
    layers.push(registry.serve(descriptorOf(blob, mediaType), blob));
    diffIds.push(descriptorOf(plain).digest);
  }
  return { registry, at: putImage(registry, layers, diffIds), layers, diffIds };
}

/** Stores the manifest and the config of an image, and returns its place. */
export function putImage(
  registry: FakeRegistry,
  layers: readonly Descriptor[],
  diffIds: readonly string[],
): Place<RegistryReader> {
  const config = { os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: diffIds } };
  const manifest = { schemaVersion: 2, config: registry.put(config, ociMediaTypes.imageConfig), layers };
  return registry.tagged(registry.put(manifest, ociMediaTypes.imageManifest));
}

/** A file with its path as content. */
export function file(path: string, content: string = path): TarEntryInit {
  const bytes = new TextEncoder().encode(content);
  return { path, content: bytes, size: bytes.length };
}

/** A directory. */
export function directory(path: string, mode = 0o700): TarEntryInit {
  return { path, type: "directory", mode };
}

/** A symlink. */
export function symlink(path: string, linkName: string): TarEntryInit {
  return { path, type: "symlink", linkName };
}

/** A hard link. */
export function link(path: string, linkName: string): TarEntryInit {
  return { path, type: "link", linkName };
}

/** Lists the files of an image, by path. */
export async function filesOf(
  at: Place<RegistryReader>,
  options?: ListFilesOptions,
): Promise<Map<string, ImageFile>> {
  const files: Map<string, ImageFile> = new Map();
  for await (const found of listFiles(at, options)) {
    if (files.has(found.path)) throw new Error(`${found.path} is listed twice`);
    files.set(found.path, found);
  }
  return new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Lists the paths of the image of these layers, as {@link collectPaths} does. */
export async function pathsOf(...inits: readonly LayerInit[]): Promise<string[]> {
  return collectPaths((await imageOf(...inits)).at);
}

/** Lists the paths of an image, sorted and without the root. Directories end with a slash. */
export async function collectPaths(at: Place<RegistryReader>, options?: ListFilesOptions): Promise<string[]> {
  const files = await filesOf(at, options);
  return [...files.values()]
    .filter(({ path }) => path !== "/")
    .map(({ path, type }) => (type === "directory" ? `${path}/` : path));
}
