import { createHash } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";

import { bytes, chunks, describe, digestOf, GIB, MIB } from "./content.ts";
import type { Benchmark, Measured } from "./measure.ts";
import { inTurn, time } from "./measure.ts";

function hash(): string {
  return digestOf(chunks(GIB));
}

function write(path: string, sync: boolean): void {
  const file = openSync(path, "w");
  for (const chunk of chunks(GIB)) writeSync(file, chunk);
  if (sync) fsyncSync(file);
  closeSync(file);
}

async function push(directory: string, durability: "fsync" | "none"): Promise<Measured> {
  const digest = hash();
  return inTurn(
    3,
    async (number) => {
      const registry = await openLayout(join(directory, `layout-${number}`), { durability });
      await registry.pushBlob("a", { digest, size: GIB * MIB }, chunks(GIB));
      await registry.close();
    },
    [
      hash,
      (number) => {
        write(join(directory, `limit-${number}`), durability === "fsync");
      },
    ],
    // Data that is not written back yet would slow the next benchmark.
    () => {
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
    },
  );
}

async function get(directory: string, verifyOnRead: boolean): Promise<Measured> {
  const digest = hash();
  const registry = await openLayout(directory, { durability: "none", verifyOnRead });
  await registry.pushBlob("a", { digest }, chunks(GIB));
  const read = (): void => {
    const file = openSync(join(directory, "blobs", digest.replace(":", "/")), "r");
    const buffer = Buffer.alloc(MIB);
    while (readSync(file, buffer) > 0);
    closeSync(file);
  };
  const ours = async (): Promise<void> => {
    let size = 0;
    for await (const chunk of await registry.getBlob("a", digest)) size += chunk.length;
    if (size !== GIB * MIB) throw new Error(`read ${size} bytes, expected ${GIB * MIB}`);
  };
  const measured = await inTurn(3, ours, verifyOnRead ? hash : read);
  await registry.close();
  return measured;
}

/** Pushes small blobs, many times as many at once as an image has layers. */
async function pushSmall(directory: string): Promise<Measured> {
  const count = 2_000;
  const contents = Array.from({ length: count }, (_, i) => Buffer.alloc(4096, String(i)));
  const registry = await openLayout(join(directory, "layout"), { durability: "none" });
  await registry.pushBlob("a", describe(bytes("first"), ""), bytes("first"));
  const limit = await time(1, () =>
    Promise.all(
      contents.map(async (content, i) => {
        const file = await open(join(directory, `temporary-${i}`), "wx");
        await file.write(content);
        createHash("sha256").update(content).digest("hex");
        await file.close();
        await rename(join(directory, `temporary-${i}`), join(directory, `blob-${i}`));
      }),
    ),
  );
  const ours = await time(1, () =>
    Promise.all(contents.map((content) => registry.pushBlob("a", describe(content, ""), content))),
  );
  await registry.close();
  return { ours, limit };
}

/** The benchmarks of blobs. */
export const blobBenchmarks: readonly Benchmark[] = [
  {
    name: `push ${GIB} MiB, no fsync`,
    limit: "hashing or writing as much, the slower",
    most: 1 / 0.9,
    run: (directory) => push(directory, "none"),
  },
  {
    name: `push ${GIB} MiB, fsync`,
    limit: "writing as much and fsync",
    most: 1 / 0.9,
    run: (directory) => push(directory, "fsync"),
  },
  {
    name: `get ${GIB} MiB, verified`,
    limit: "hashing as much",
    most: 1 / 0.9,
    run: (directory) => get(directory, true),
  },
  {
    name: `get ${GIB} MiB, unverified`,
    limit: "reading the file",
    most: 1 / 0.8,
    run: (directory) => get(directory, false),
  },
  {
    name: "push 2,000 blobs of 4 KiB at once",
    limit: "the same system calls",
    most: 1 / 0.5,
    run: pushSmall,
  },
];
