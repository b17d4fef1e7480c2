import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import type { CopyReport } from "@ocilayout/oci-image";
import { copy } from "@ocilayout/oci-image";
import type { Registry } from "@ocilayout/oci-types";
import { mountFrom, ociMediaTypes } from "@ocilayout/oci-types";

import { bytes, chunks, describe, digestOf, GIB, MIB } from "./content.ts";
import type { Benchmark, Measured } from "./measure.ts";
import { inTurn, time } from "./measure.ts";

const CONFIG = bytes("{}");
/** A copy by links may take so long, in milliseconds. */
const LINKING_MS = 50;

/** Returns the start of a layer, which makes its content different from that of other layers. */
function startOf(number: number): Uint8Array {
  return bytes(`layer ${number}\n`);
}

/** Yields a layer. It allocates little, because its memory would count as that of a copy. */
function* layer(number: number, mebibytes: number): Generator<Uint8Array, void, undefined> {
  yield startOf(number);
  yield* chunks(mebibytes);
}

/** Opens a layout with the image `a:v1`, whose layers have {@link GIB} mebibytes in total. The disk has all of it. */
async function openImage(directory: string, layers: number): Promise<LayoutRegistry> {
  const registry = await openLayout(directory);
  const config = describe(CONFIG, ociMediaTypes.imageConfig);
  await registry.pushBlob("a", config, CONFIG);
  const described = [];
  const each = Math.floor(GIB / layers);
  for (let number = 0; number < layers; number += 1) {
    const digest = digestOf(layer(number, each));
    const descriptor = { mediaType: ociMediaTypes.layer, digest, size: startOf(number).length + each * MIB };
    await registry.pushBlob("a", descriptor, layer(number, each));
    described.push(descriptor);
  }
  const mediaType = ociMediaTypes.imageManifest;
  const document = { schemaVersion: 2, mediaType, config, layers: described };
  await registry.pushManifest("a", bytes(JSON.stringify(document)), mediaType, { tags: ["v1"] });
  return registry;
}

/** Returns a layout to which `copy` cannot link files. */
function withoutLinks(target: LayoutRegistry): Registry {
  const hidden = { ...target, [mountFrom]: undefined };
  return hidden;
}

/** Copies the image to a new layout, with the default durability. */
async function copyTo(registry: LayoutRegistry, directory: string, canLink: boolean): Promise<CopyReport> {
  await using target = await openLayout(directory);
  const place = { repository: "a", reference: "v1" };
  return await copy({ ...place, registry }, { ...place, registry: canLink ? target : withoutLinks(target) });
}

/** Copies all files of a directory as `cp` does, and flushes them to the disk. */
function copyFiles(from: string, to: string): void {
  const names = readdirSync(from);
  mkdirSync(to, { recursive: true });
  execFileSync("cp", ["--reflink=never", ...names.map((name) => join(from, name)), to]);
  execFileSync(
    "sync",
    names.map((name) => join(to, name)),
  );
}

async function copyBytes(directory: string, layers: number): Promise<Measured> {
  const source = join(directory, "source");
  const targets = join(directory, "targets");
  await using registry = await openImage(source, layers);
  return await inTurn(
    3,
    async (number) => {
      const { blobs } = await copyTo(registry, join(targets, String(number)), false);
      if (blobs.copied !== layers + 1)
        throw new Error(`copied ${blobs.copied} blobs, expected ${layers + 1}`);
    },
    [
      () => digestOf(chunks(GIB)),
      (number) => {
        copyFiles(join(source, "blobs", "sha256"), join(targets, String(number)));
      },
    ],
    // Data that is not written back yet would slow the next benchmark.
    () => {
      rmSync(targets, { recursive: true, force: true });
    },
  );
}

async function copyLinks(directory: string, layers: number): Promise<Measured> {
  await using registry = await openImage(join(directory, "source"), layers);
  const ours = await time(9, async (number) => {
    const { blobs, bytes: pushed } = await copyTo(registry, join(directory, String(number)), true);
    if (blobs.linked !== layers + 1 || pushed !== 0)
      throw new Error(`linked ${blobs.linked} blobs of ${layers + 1}, and pushed ${pushed} bytes`);
  });
  return { ours, limit: LINKING_MS };
}

/** The benchmarks of copies that read and write all content of an image, for different numbers of layers. */
export const byteCopyBenchmarks: readonly Benchmark[] = [1, 8, 64].map((layers) => ({
  name: `copy ${GIB} MiB in ${layers} ${layers === 1 ? "layer" : "layers"}`,
  limit: "hashing as much or cp and sync, the slower",
  most: 1.3,
  run: (directory) => copyBytes(directory, layers),
}));

/** The benchmarks of copies of images, between two layouts. */
export const copyBenchmarks: readonly Benchmark[] = [
  ...byteCopyBenchmarks,
  {
    name: `copy ${GIB} MiB in 8 layers, linked`,
    limit: `${LINKING_MS} ms, and no bytes`,
    most: 1,
    run: (directory) => copyLinks(directory, 8),
  },
];
