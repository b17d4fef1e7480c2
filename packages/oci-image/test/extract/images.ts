import * as fs from "node:fs";
import { join } from "node:path";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { ociMediaTypes, type Registry } from "@ocilayout/oci-types";
import { bytes, descriptorOf, temporaryDirectory } from "@ocilayout/testing";

import { createLayer } from "../../src/create-layer/create-layer.ts";
import { copy } from "../../src/copy/copy.ts";
import type { LayerFile } from "../../src/create-layer/layer-file.ts";
import type { CreateLayerOptions } from "../../src/create-layer/options.ts";
import type { Disk, Host } from "../../src/extract/disk.ts";
import type { ImageFile } from "../../src/layers/tree/image-file.ts";
import type { Place } from "../../src/place/place.ts";

/** A layer to make, or the bytes of one. */
export type LayerOf =
  readonly LayerFile[] | Uint8Array | (CreateLayerOptions & { files: readonly LayerFile[] });

/** Pushes an image with these layers, the lowest first. */
export async function imageOf(...layers: readonly LayerOf[]): Promise<Place> {
  const registry: Registry = createMemoryRegistry();
  const prepared = [];
  for (const layer of layers) {
    const { files, ...options } = "files" in layer ? layer : { files: layer };
    const { descriptor, diffId, content } =
      files instanceof Uint8Array
        ? {
            ...{ descriptor: descriptorOf(files, ociMediaTypes.layer), content: files },
            diffId: descriptorOf(files).digest,
          }
        : await createLayer(files, options);
    await registry.pushBlob("a", descriptor, content);
    prepared.push({ descriptor, diffId });
  }
  const document = bytes(
    JSON.stringify({
      os: "linux",
      architecture: "amd64",
      rootfs: { type: "layers", diff_ids: prepared.map(({ diffId }) => diffId) },
    }),
  );
  const config = descriptorOf(document, ociMediaTypes.imageConfig);
  await registry.pushBlob("a", config, document);
  const manifest = bytes(
    JSON.stringify({ schemaVersion: 2, config, layers: prepared.map(({ descriptor }) => descriptor) }),
  );
  const { digest } = await registry.pushManifest("a", manifest, ociMediaTypes.imageManifest);
  return { registry, repository: "a", reference: digest };
}

/** The file system of the tests, and those that tests make of it. */
export const disk: Disk = fs as unknown as Disk;

/** This machine: with paths through open directories, or as a system without them. */
export const hosts: readonly [readonly [string, Host], readonly [string, Host]] = [
  ["this system", { disk, platform: process.platform }],
  ["a system without handles as paths", { disk, platform: "other" }],
];

/** Returns a host whose calls of `name` first run `before`. */
export function before<Name extends keyof Disk>(
  host: Host,
  name: Name,
  run: (...call: Parameters<Extract<Disk[Name], (...call: never[]) => unknown>>) => void,
): Host {
  const original = host.disk[name] as (...call: unknown[]) => unknown;
  const changed = (...call: unknown[]): unknown => {
    (run as (...call: unknown[]) => void)(...call);
    return original.apply(fs, call);
  };
  return { ...host, disk: { ...host.disk, [name]: changed } };
}

/** A directory to extract to, and one beside it that must stay as it is. */
export function twoDirectories(): { inside: string; outside: string; requireUntouched: () => void } {
  const parent = temporaryDirectory();
  const [inside, outside] = [join(parent, "inside"), join(parent, "outside")];
  for (const directory of [inside, outside]) fs.mkdirSync(directory);
  fs.writeFileSync(join(outside, "secret"), "secret", { mode: 0o600 });
  fs.utimesSync(join(outside, "secret"), 1, 1);
  const look = (): unknown => [
    contentOf(outside),
    fs.statSync(join(outside, "secret")).nlink,
    fs.readdirSync(parent),
  ];
  const start = JSON.stringify(look());
  return {
    inside,
    outside,
    requireUntouched: () => {
      const now = JSON.stringify(look());
      if (now !== start) throw new Error(`the outside changed from ${start} to ${now}`);
    },
  };
}

/** The facts about a file on disk. */
export interface Found {
  readonly mode: string;
  readonly mtime: number;
  readonly text?: string;
  readonly linkName?: string;
}

/** Reads a directory: the paths in it, and the facts about each. */
export function contentOf(directory: string): Record<string, Found> {
  const found: Record<string, Found> = {};
  for (const path of fs.readdirSync(directory, { recursive: true, encoding: "utf8" }).toSorted()) {
    const stats = fs.lstatSync(join(directory, path));
    const facts = { mode: (stats.mode & 0o7777).toString(8), mtime: stats.mtimeMs / 1000 };
    if (stats.isSymbolicLink()) found[path] = { ...facts, linkName: fs.readlinkSync(join(directory, path)) };
    else if (stats.isFile()) found[path] = { ...facts, text: fs.readFileSync(join(directory, path), "utf8") };
    else found[path] = facts;
  }
  return found;
}

/** Returns the paths in a directory. */
export function pathsIn(directory: string): string[] {
  return Object.keys(contentOf(directory));
}

/** Makes the facts about a file of an image. */
export function imageFile(path: string, more: Partial<ImageFile> = {}): ImageFile {
  return {
    path,
    type: "file",
    size: 0,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    layer: "sha256:0",
    offset: 0,
    ...more,
  };
}

/** Copies an image to the repository `a` of a layout, with the tag `v1`. */
export async function copyTo(at: Place, registry: Registry): Promise<void> {
  await copy(at, { registry, repository: "a", reference: at.reference }, { tags: ["v1"] });
}
