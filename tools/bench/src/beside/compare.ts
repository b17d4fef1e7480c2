import { execFileSync } from "node:child_process";
import { accessSync, constants, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Measured } from "../measure.ts";
import type { Running, Start } from "./servers.ts";
import { hasDistribution, startDistribution, startOurs } from "./servers.ts";

/** Whether the page cache has the files when the work begins. */
export type Cache = "warm" | "cold";

const DROP_CACHES = "/proc/sys/vm/drop_caches";

/** Empties the page cache of the system. */
export function dropCaches(): void {
  execFileSync("sync");
  writeFileSync(DROP_CACHES, "3");
}

/** Returns why a row cannot be measured here, or `undefined`. */
export function obstacle(cache: Cache): string | undefined {
  if (!hasDistribution()) return "docker-registry is not installed: apt-get install docker-registry";
  if (cache === "warm") return undefined;
  try {
    accessSync(DROP_CACHES, constants.W_OK);
    return undefined;
  } catch {
    return "only root can empty the page cache";
  }
}

/** A server, and the directory that it serves. */
export interface Served {
  readonly name: "ours" | "theirs";
  readonly directory: string;
  readonly start: Start;
}

/** Returns both servers, which serve directories below `directory`. */
export function bothServers(directory: string, verifyBlobs: boolean): readonly [Served, Served] {
  return [
    { name: "ours", directory: join(directory, "ours"), start: startOurs(verifyBlobs) },
    { name: "theirs", directory: join(directory, "theirs"), start: startDistribution },
  ];
}

/** Runs `use` with both servers, and stops them. */
export async function withBoth<Result>(
  directory: string,
  verifyBlobs: boolean,
  use: (ours: Served & Running, theirs: Served & Running) => Promise<Result>,
): Promise<Result> {
  const running: (Served & Running)[] = [];
  try {
    for (const served of bothServers(directory, verifyBlobs))
      running.push({ ...served, ...(await served.start(served.directory)) });
    const [ours, theirs] = running as [Served & Running, Served & Running];
    return await use(ours, theirs);
  } finally {
    for (const server of running) await server.stop();
  }
}

/** Work of which only `work` is measured. Each function receives the number of the run. */
export interface Timed {
  readonly before?: (run: number) => unknown;
  readonly work: (run: number) => unknown;
  readonly after?: (run: number) => unknown;
}

/**
 * Measures the work of both servers in turn. The note shows the processor time of this process, which is their client.
 *
 * @param limit - Other work that is measured in turn with them, for the note.
 */
export async function compareServers(
  runs: number,
  ours: Timed,
  theirs: Timed,
  limit?: Timed & { readonly name: string },
): Promise<Measured> {
  const works = [theirs, ours, ...(limit === undefined ? [] : [limit])];
  const times = works.map((): number[] => []);
  const used = works.map(() => 0);
  for (let run = 0; run < runs; run += 1) {
    for (const [i, { before, work, after }] of works.entries()) {
      await before?.(run);
      const usage = process.cpuUsage();
      const started = performance.now();
      await work(run);
      times[i]?.push(performance.now() - started);
      const { user, system } = process.cpuUsage(usage);
      used[i] = (used[i] ?? 0) + (user + system) / 1000;
      await after?.(run);
    }
  }
  const share = (i: number): string =>
    `${((100 * (used[i] ?? 0)) / (times[i] ?? []).reduce((sum, ms) => sum + ms, 0)).toFixed(0)} %`;
  const [other = 0, own = 0, third = 0] = times.map(median);
  const client = `the client used ${share(1)} and ${share(0)} of a core`;
  return {
    ours: own,
    limit: other,
    note: limit === undefined ? client : `${limit.name}: ${third.toFixed(1)} ms; ${client}`,
  };
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
