import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import type { LayerCompression, LayerFile, PreparedLayer } from "@ocilayout/oci-image";
import { listFiles, pushLayer } from "@ocilayout/oci-image";
import { extractTo } from "@ocilayout/oci-image/node";
import { ociMediaTypes } from "@ocilayout/oci-types";

import { bytes, describe, digestOf, GIB, MIB } from "./content.ts";
import type { Benchmark, Measured } from "./measure.ts";
import { inTurn } from "./measure.ts";

const LAYERS = 4;
const KIB = 1024;
/** The sizes of the files of a layer, again and again. */
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256].map((size) => size * KIB);
const SMALL_FILES = 20_000;

/** Text that gzip makes about three times smaller. */
const TEXT: Uint8Array = (() => {
  let state = 1;
  return Uint8Array.from({ length: MIB }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % 7 === 0 ? 32 : 97 + ((state >>> 20) % 5);
  });
})();

/** Yields files of `mebibytes` in total. All share one memory. */
function* files(layer: number, mebibytes: number, sizes: readonly number[]): Generator<LayerFile> {
  let left = mebibytes * MIB;
  for (let number = 0; left > 0; number += 1) {
    const size = Math.min(left, sizes[number % sizes.length] ?? KIB);
    const start = (number * 4099) % (MIB - size);
    left -= size;
    yield {
      path: `usr/layer-${layer}/directory-${Math.floor(number / 100)}/file-${number}`,
      content: TEXT.subarray(start, start + size),
    };
  }
}

/** An image in a layout, and the files of its blobs. */
interface Image extends AsyncDisposable {
  readonly at: { readonly registry: LayoutRegistry; readonly repository: string; readonly reference: string };
  readonly blobs: readonly string[];
}

/** Makes an image in a new layout. */
async function makeImage(
  directory: string,
  compression: LayerCompression,
  layers: readonly Iterable<LayerFile>[],
): Promise<Image> {
  const registry = await openLayout(directory, { durability: "none" });
  const prepared: PreparedLayer[] = [];
  for (const layer of layers)
    prepared.push(await pushLayer({ registry, repository: "a" }, layer, { compression }));
  const content = bytes(
    JSON.stringify({
      ...{ os: "linux", architecture: "amd64" },
      rootfs: { type: "layers", diff_ids: prepared.map(({ diffId }) => diffId) },
    }),
  );
  const config = describe(content, ociMediaTypes.imageConfig);
  await registry.pushBlob("a", config, content);
  const document = { schemaVersion: 2, config, layers: prepared.map(({ descriptor }) => descriptor) };
  await registry.pushManifest("a", bytes(JSON.stringify(document)), ociMediaTypes.imageManifest, {
    tags: ["v1"],
  });
  return {
    at: { registry, repository: "a", reference: "v1" },
    blobs: document.layers.map(({ digest }) => join(directory, "blobs", digest.replace(":", "/"))),
    [Symbol.asyncDispose]: async () => registry.close(),
  };
}

async function makeLargeImage(directory: string, compression: LayerCompression): Promise<Image> {
  const layers = Array.from({ length: LAYERS }, (_, layer) => files(layer, GIB / LAYERS, SIZES));
  return makeImage(join(directory, "layout"), compression, layers);
}

/** Lists the files of an image. */
async function list({ at }: Image): Promise<void> {
  let count = 0;
  for await (const { size } of listFiles(at)) if (size > 0) count += 1;
  if (count === 0) throw new Error("the image has no files");
}

/** Reads a file in chunks of one mebibyte. All chunks share one memory. */
function* read(path: string): Generator<Uint8Array, void, undefined> {
  const file = openSync(path, "r");
  const buffer = Buffer.alloc(MIB);
  for (let size = readSync(file, buffer); size > 0; size = readSync(file, buffer))
    yield buffer.subarray(0, size);
  closeSync(file);
}

async function listGzip(directory: string): Promise<Measured> {
  await using image = await makeLargeImage(directory, "gzip");
  return await inTurn(
    3,
    () => list(image),
    () => {
      for (const blob of image.blobs)
        execFileSync("sh", ["-c", 'gzip -dc "$1" | tar -t > /dev/null', "sh", blob]);
    },
  );
}

async function listPlain(directory: string): Promise<Measured> {
  await using image = await makeLargeImage(directory, "none");
  return await inTurn(
    3,
    () => list(image),
    () => {
      for (const blob of image.blobs) digestOf(read(blob));
    },
  );
}

async function extractSmall(directory: string): Promise<Measured> {
  const layer = files(0, (SMALL_FILES * KIB) / MIB, [KIB]);
  await using image = await makeImage(join(directory, "layout"), "none", [layer]);
  const target = (number: number): string => join(directory, `extracted-${number}`);
  return await inTurn(
    3,
    async (number) => {
      await extractTo(image.at, target(number));
    },
    (number) => {
      mkdirSync(target(number));
      execFileSync("tar", ["-xf", image.blobs[0] ?? "", "-C", target(number)]);
    },
    () => {
      for (let number = 0; number < 3; number += 1) rmSync(target(number), { recursive: true, force: true });
    },
  );
}

/** The benchmarks that list the files of a large image. */
export const listBenchmarks: readonly Benchmark[] = [
  {
    name: `list files of ${GIB} MiB, gzip`,
    limit: "gzip -dc | tar -t",
    most: 1.5,
    run: listGzip,
  },
  {
    name: `list files of ${GIB} MiB, not compressed`,
    limit: "reading and hashing the layers once",
    most: 1.5,
    run: listPlain,
  },
];

/** The benchmarks of layers. */
export const layerBenchmarks: readonly Benchmark[] = [
  ...listBenchmarks,
  {
    name: `extract ${SMALL_FILES} files of 1 KiB`,
    limit: "tar -x",
    // On a disk both take the same time. In memory, the calls of Node take five times as long.
    most: 6,
    run: extractSmall,
  },
];
