import { mkdirSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { openPerRepository } from "@ocilayout/layout-per-repo";

import type { Benchmark, Measured } from "./measure.ts";
import { inTurn } from "./measure.ts";

/** Makes repositories, ten to a directory, each with some blobs. */
function writeTree(directory: string, repositories: number, blobs: number): void {
  for (let i = 0; i < repositories; i += 1) {
    const repository = join(directory, `group${Math.floor(i / 10)}`, `app${i}`);
    mkdirSync(join(repository, "blobs", "sha256"), { recursive: true });
    writeFileSync(join(repository, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    writeFileSync(join(repository, "index.json"), '{"schemaVersion":2,"manifests":[]}');
    for (let b = 0; b < blobs; b += 1)
      writeFileSync(join(repository, "blobs", "sha256", String(b).padStart(64, "0")), "");
  }
}

/** Walks the directories as deep as the repositories are, and no deeper. */
async function walk(directory: string, depth: number): Promise<number> {
  let count = 1;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (depth > 0 && entry.isDirectory()) count += await walk(join(directory, entry.name), depth - 1);
  }
  return count;
}

async function listRepositories(directory: string, repositories: number, blobs: number): Promise<Measured> {
  writeTree(directory, repositories, blobs);
  await using registry = await openPerRepository(directory);
  const list = async (): Promise<void> => {
    let count = 0;
    for await (const repository of registry.repositories()) count += repository.length > 0 ? 1 : 0;
    if (count !== repositories) throw new Error(`listed ${count} repositories, expected ${repositories}`);
  };
  return await inTurn(3, list, () => walk(directory, 2));
}

/** The benchmarks of a directory of layouts. */
export const repositoryBenchmarks: readonly Benchmark[] = [
  {
    name: "list 10,000 repositories of 100 blobs",
    limit: "walking the directories as deep",
    most: 1.5,
    run: (directory) => listRepositories(directory, 10_000, 100),
  },
  {
    name: "list 1,000 repositories of 10 blobs",
    limit: "walking the directories as deep",
    most: 1.5,
    run: (directory) => listRepositories(directory, 1_000, 10),
  },
];
