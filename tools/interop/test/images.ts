import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

import type { Descriptor, Digest, ImageManifest, Platform, Registry } from "@ocilayout/oci-types";
import { emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";

/** Content and its descriptor. */
export interface Content {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
}

/** An image in memory. */
export interface Image extends Content {
  readonly platform: Platform;
  readonly config: Content;
  readonly layers: readonly Content[];
  /** The digests of the uncompressed layers. */
  readonly diffIds: readonly Digest[];
}

/** The platform of this machine, in Go's names. Programs select it from an index. */
export const thisPlatform: Platform = {
  architecture: process.arch === "x64" ? "amd64" : process.arch,
  os: "linux",
};
/** Another platform. */
export const otherPlatform: Platform = { architecture: "s390x", os: "linux" };

/** The first layer of every image: files by path. The files in `bin/` are executable. */
export const baseFiles: Readonly<Record<string, string>> = {
  "etc/os-release": "ID=interop\n",
  "bin/run": "#!/bin/sh\n",
};

/** Makes an image of two layers: {@link baseFiles}, and the file `etc/name` with its name. */
export function buildImage(name: string, platform: Platform = thisPlatform): Image {
  const tars = [baseFiles, { "etc/name": name }].map(tar);
  const layers = tars.map((bytes) => content(gzipSync(bytes), ociMediaTypes.layerGzip));
  const diffIds = tars.map(digestOf);
  const created = "2024-05-06T07:08:09Z";
  const config = json(ociMediaTypes.imageConfig, {
    created,
    ...platform,
    config: { Cmd: ["/bin/run"], Env: ["PATH=/bin"], Labels: { name } },
    rootfs: { type: "layers", diff_ids: diffIds },
    history: tars.map(() => ({ created, created_by: "interop" })),
  });
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageManifest,
    config: config.descriptor,
    layers: layers.map((layer) => layer.descriptor),
    annotations: { "org.opencontainers.image.title": name },
  };
  return { ...json(ociMediaTypes.imageManifest, manifest), platform, config, layers, diffIds };
}

/** Makes an index of `images`. */
export function buildIndex(...images: readonly Image[]): Content {
  const manifests = images.map(({ descriptor, platform }) => ({ ...descriptor, platform }));
  return json(ociMediaTypes.imageIndex, { schemaVersion: 2, mediaType: ociMediaTypes.imageIndex, manifests });
}

/** Makes an artifact of one layer, with `subject` as its subject if given. */
export function buildArtifact(text: string, subject?: Descriptor): Image {
  const config = content(Buffer.from("{}"), emptyDescriptor.mediaType);
  const layer = content(Buffer.from(text), "text/plain");
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageManifest,
    artifactType: "application/vnd.example",
    config: emptyDescriptor,
    layers: [layer.descriptor],
    ...(subject && { subject }),
  };
  return {
    ...json(ociMediaTypes.imageManifest, manifest),
    platform: thisPlatform,
    config,
    layers: [layer],
    diffIds: [],
  };
}

/** Pushes an image and its content. */
export async function pushImage(
  registry: Registry,
  repo: string,
  image: Image,
  ...tags: readonly string[]
): Promise<void> {
  for (const { descriptor, bytes } of [image.config, ...image.layers])
    await registry.pushBlob(repo, descriptor, bytes);
  await pushManifest(registry, repo, image, ...tags);
}

/** Pushes a manifest whose content is stored. */
export async function pushManifest(
  registry: Registry,
  repo: string,
  manifest: Content,
  ...tags: readonly string[]
): Promise<void> {
  await registry.pushManifest(repo, manifest.bytes, manifest.descriptor.mediaType, { tags });
}

/** Serializes JSON with unusual white space, so that a program that serializes it again changes it. */
export function json(mediaType: string, value: unknown): Content {
  return content(Buffer.from(JSON.stringify(value, undefined, 1)), mediaType);
}

/** Returns bytes and their descriptor. */
export function content(bytes: Buffer, mediaType: string): Content {
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

/** Returns the sha256 digest. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Makes a POSIX tar archive of files and their directories. */
function tar(files: Readonly<Record<string, string>>): Buffer {
  const directories = [
    ...new Set(Object.keys(files).map((path) => path.slice(0, path.lastIndexOf("/") + 1))),
  ];
  const members = directories.map((path) => header(path, 0));
  for (const [path, text] of Object.entries(files)) {
    const padding = Buffer.alloc(-text.length & 511);
    members.push(header(path, text.length), Buffer.from(text), padding);
  }
  return Buffer.concat([...members, Buffer.alloc(1024)]);
}

function header(path: string, size: number): Buffer {
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`;
  const isFile = !path.endsWith("/");
  const block = Buffer.alloc(512);
  block.write(path, 0);
  block.write(octal(isFile && !path.startsWith("bin/") ? 0o644 : 0o755, 8), 100);
  block.write(octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(1_700_000_000, 12), 108);
  block.write(`        ${isFile ? "0" : "5"}`, 148);
  block.write("ustar\x0000", 257);
  block.write(
    octal(
      block.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  return block;
}
