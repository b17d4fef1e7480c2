import { execFileSync } from "node:child_process";
import { closeSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openArchive, writeArchive } from "@ocilayout/layout-archive";
import { openLayout, type LayoutRegistry } from "@ocilayout/layout-core";

import { chunks, digestOf, GIB, MIB } from "./content.ts";
import { LAYER_BYTES, LAYERS, layerOf } from "./large-image.ts";
import type { Benchmark, Measured } from "./measure.ts";
import { leastInTurn, mediansInTurn, time } from "./measure.ts";

/** Opens a layout with the large image. Another process makes it, because its memory does not count as that of archives. */
async function openImage(directory: string): Promise<LayoutRegistry> {
  const module = JSON.stringify(new URL("./large-image.js", import.meta.url).href);
  const script = `const { makeImage } = await import(${module}); await makeImage(${JSON.stringify(directory)});`;
  execFileSync(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  return openLayout(directory);
}

/** Writes an archive with that image, and returns its path. */
async function makeArchive(directory: string): Promise<string> {
  const path = join(directory, "archive.tar");
  const layout = join(directory, "layout");
  const registry = await openImage(layout);
  await writeArchive(path, [{ registry, repository: "a", reference: "v1" }], { durability: "none" });
  await registry.close();
  rmSync(layout, { recursive: true });
  return path;
}

function list(archive: string): void {
  execFileSync("tar", ["-tf", archive], { stdio: ["ignore", "ignore", "inherit"] });
}

/** Opens an archive. Compares with `tar -t` without its start, which takes as long on a small archive. */
async function open(directory: string): Promise<Measured> {
  const path = await makeArchive(directory);
  const small = join(directory, "small.tar");
  writeFileSync(join(directory, "file"), "x");
  execFileSync("tar", ["-cf", small, "-C", directory, "file"]);
  const [ours, whole, start] = await leastInTurn(101, [
    async () => {
      await using archive = await openArchive(path);
      if (archive.format !== "oci") throw new Error("the archive is not a layout");
    },
    () => {
      list(path);
    },
    () => {
      list(small);
    },
  ]);
  return { ours, limit: whole - start };
}

/** Opens an archive and reads one blob of it. */
async function readOne(directory: string): Promise<Measured> {
  const path = await makeArchive(directory);
  await using archive = await openArchive(path);
  const content = layerOf(LAYERS / 2);
  const digest = digestOf([content]);
  const [ours, limit] = await leastInTurn(51, [
    async () => {
      let size = 0;
      for await (const chunk of await archive.getBlob("a", digest)) size += chunk.length;
      if (size !== content.length) throw new Error(`read ${size} bytes, expected ${content.length}`);
    },
    () => {
      const file = openSync(path, "r");
      const buffer = Buffer.alloc(LAYER_BYTES);
      readSync(file, buffer, 0, buffer.length, (GIB * MIB) / 2);
      digestOf([buffer]);
      closeSync(file);
    },
  ]);
  return { ours, limit };
}

/** The times of writing an archive and of the work that it is compared with, in milliseconds. */
interface WriteTimes {
  readonly ours: number;
  readonly tar: number;
  readonly hash: number;
}

async function timeWrites(directory: string): Promise<WriteTimes> {
  const source = join(directory, "source");
  const target = join(directory, "archive.tar");
  await using registry = await openImage(source);
  // Data that is not written back yet would slow the first runs.
  execFileSync("sync");
  const [ours = 0, tar = 0, hash = 0] = await mediansInTurn(
    5,
    [
      () => writeArchive(target, [{ registry, repository: "a", reference: "v1" }], { durability: "none" }),
      () => execFileSync("tar", ["-cf", target, "-C", source, "oci-layout", "index.json", "blobs"]),
      () => digestOf(chunks(GIB)),
    ],
    () => {
      rmSync(target, { force: true });
    },
  );
  return { ours, tar, hash };
}

function partsOf({ ours, tar, hash }: WriteTimes): string {
  return `tar -c takes ${tar.toFixed(1)} ms, hashing ${hash.toFixed(1)} ms, we ${(ours / tar).toFixed(2)} times tar -c`;
}

/** Writes an archive, verified. Compares with `tar -c`, which does not hash, and with hashing as much. */
async function write(directory: string): Promise<Measured> {
  const times = await timeWrites(directory);
  return { ours: times.ours, limit: times.tar + times.hash, note: partsOf(times) };
}

/** The same without the time of hashing, compared with `tar -c` alone. */
async function writeBesideHashing(directory: string): Promise<Measured> {
  const times = await timeWrites(directory);
  return { ours: times.ours - times.hash, limit: times.tar, note: partsOf(times) };
}

/** The benchmarks of archives. */
export const archiveBenchmarks: readonly Benchmark[] = [
  {
    name: `archive: write ${GIB} MiB in ${LAYERS} members`,
    limit: "tar -c, and hashing as much",
    most: 1 / 0.7,
    run: write,
  },
  {
    name: `archive: write ${GIB} MiB, less the time of hashing`,
    limit: "tar -c",
    most: 1 / 0.7,
    run: writeBesideHashing,
  },
  {
    name: `archive: open ${GIB} MiB in ${LAYERS} members`,
    limit: "tar -t without its start",
    most: 1.5,
    run: open,
  },
  {
    name: "archive: read one blob",
    limit: "reading and hashing as much",
    most: 1.5,
    run: readOne,
  },
];

/** Writing alone, for its memory: the work that the times are compared with has memory of its own. */
export const archiveMemory: Benchmark = {
  name: `archive: only write ${GIB} MiB in ${LAYERS} members`,
  limit: "nothing",
  most: Infinity,
  async run(directory) {
    await using registry = await openImage(join(directory, "source"));
    const target = join(directory, "archive.tar");
    const ours = await time(1, () =>
      writeArchive(target, [{ registry, repository: "a", reference: "v1" }], { durability: "none" }),
    );
    return { ours, limit: ours };
  },
};
