import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";

import { GIB, MIB } from "../content.ts";
import type { Benchmark, Measured } from "../measure.ts";
import type { Cache, Served, Timed } from "./compare.ts";
import { compareServers, dropCaches, obstacle, withBoth } from "./compare.ts";
import { requestHead, withConnection } from "./connection.ts";
import { largeBlob, pushBlob } from "./content.ts";
import type { Running } from "./servers.ts";

const SIZES: readonly number[] = [64, GIB];

/** The number of measured runs, and of those before whose times are dropped. */
function runsOf(mebibytes: number): { readonly runs: number; readonly warmUp: number } {
  return mebibytes > 64 ? { runs: 3, warmUp: 2 } : { runs: 11, warmUp: 8 };
}

async function pull(directory: string, mebibytes: number, cache: Cache, verify: boolean): Promise<Measured> {
  const blob = largeBlob(mebibytes, "pulled");
  const { runs, warmUp } = runsOf(mebibytes);
  const before = cache === "cold" ? dropCaches : () => undefined;
  const prepare = async ({ url }: Running): Promise<Timed> => {
    await withConnection(url, (it) => pushBlob(it, url, blob));
    const head = requestHead("GET", url, `/v2/a/blobs/${blob.digest}`);
    const work = async (): Promise<void> => {
      await withConnection(url, (it) => it.ask(head));
    };
    for (let run = 0; run < warmUp; run += 1) await work();
    return { before, work };
  };
  return withBoth(directory, verify, async (ours, theirs) => {
    const path = join(ours.directory, "blobs", blob.digest.replace(":", "/"));
    const work = (): void => {
      readAndHash(path);
    };
    const limit = verify ? { name: "reading and SHA-256 here", before, work } : undefined;
    return compareServers(runs, await prepare(ours), await prepare(theirs), limit);
  });
}

/** Reads and hashes a file, one after the other, in one thread. */
function readAndHash(path: string): void {
  const buffer = Buffer.allocUnsafeSlow(MIB);
  const hasher = createHash("sha256");
  const file = openSync(path, "r");
  for (let count = -1; count !== 0;) {
    count = readSync(file, buffer);
    hasher.update(buffer.subarray(0, count));
  }
  hasher.digest();
  closeSync(file);
}

async function push(directory: string, mebibytes: number, cache: Cache): Promise<Measured> {
  const { runs, warmUp } = runsOf(mebibytes);
  const prepare = async (it: Served & Running): Promise<Timed> => {
    let blob = largeBlob(1, "none");
    const before = (run: number): void => {
      blob = largeBlob(mebibytes, `${run} `);
      if (cache === "cold") dropCaches();
    };
    const work = (): Promise<void> =>
      withConnection(it.url, (connection) => pushBlob(connection, it.url, blob));
    // The data is on the disk, so its removal delays nothing else.
    const after = (): void => {
      rmSync(storedPath(it, blob.digest), { recursive: true });
    };
    for (let run = 0; run < Math.min(warmUp, 3); run += 1) {
      before(-run - 1);
      await work();
      after();
    }
    return { before, work, after };
  };
  return withBoth(directory, false, async (ours, theirs) =>
    compareServers(runs, await prepare(ours), await prepare(theirs)),
  );
}

/** Returns the path of the content of a stored blob. */
function storedPath({ name, directory }: Served, digest: string): string {
  const [algorithm = "", hex = ""] = digest.split(":");
  if (name === "ours") return join(directory, "blobs", algorithm, hex);
  return join(directory, "data/docker/registry/v2/blobs", algorithm, hex.slice(0, 2), hex, "data");
}

/** The benchmarks of large blobs beside docker-registry. */
export const blobRows: readonly Benchmark[] = SIZES.flatMap((mebibytes) =>
  (["warm", "cold"] as const).flatMap((cache) => {
    const row = (name: string, limit: string, most: number, run: Benchmark["run"]): Benchmark => ({
      name: `beside: ${name.replace("SIZE", `${mebibytes} MiB`)}, ${cache}`,
      limit,
      most,
      obstacle: () => obstacle(cache),
      run,
    });
    return [
      row("pull SIZE", "docker-registry", 1, (it) => pull(it, mebibytes, cache, false)),
      row("pull SIZE verified", "docker-registry, which does not verify", 2.3, (it) =>
        pull(it, mebibytes, cache, true),
      ),
      row("push SIZE", "docker-registry", 1, (it) => push(it, mebibytes, cache)),
    ];
  }),
);
