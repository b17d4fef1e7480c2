import { ociMediaTypes } from "@ocilayout/oci-types";

import type { Benchmark, Measured } from "../measure.ts";
import type { Served, Timed } from "./compare.ts";
import { bothServers, compareServers, dropCaches, obstacle, withBoth } from "./compare.ts";
import { Connection, requestHead, withConnection } from "./connection.ts";
import { pushImage, TAG } from "./content.ts";
import type { Running } from "./servers.ts";

/** A request for a manifest. */
interface Asked {
  readonly name: string;
  readonly method: "GET" | "HEAD";
  readonly by: "tag" | "digest";
}

const ASKED: readonly Asked[] = [
  { name: "GET a manifest by tag", method: "GET", by: "tag" },
  { name: "GET a manifest by digest", method: "GET", by: "digest" },
  { name: "HEAD a manifest by tag", method: "HEAD", by: "tag" },
];

/** The requests of one run. */
const REQUESTS = 480;
const RUNS = 9;
/** How long requests are sent before the first run, in milliseconds: Node compiles code that runs often. */
const WARM_UP_MS = 2_000;
const COLD_RUNS = 9;
/** The requests that a running server answered before. */
const RUNNING = 500;

function headOf({ method, by }: Asked, url: string, digest: string): string {
  const path = `/v2/a/manifests/${by === "tag" ? TAG : digest}`;
  return requestHead(method, url, path, { Accept: ociMediaTypes.imageManifest });
}

/** Sends many requests, one after the other on each connection. */
async function repeat(connections: readonly Connection[], head: string): Promise<void> {
  const each = REQUESTS / connections.length;
  await Promise.all(
    connections.map(async (connection) => {
      for (let sent = 0; sent < each; sent += 1) await connection.ask(head);
    }),
  );
}

async function warm(directory: string, asked: Asked, count: number): Promise<Measured> {
  const prepare = async ({ url }: Running): Promise<Timed> => {
    let connections: Connection[] = [];
    const before = async (): Promise<void> => {
      connections = await Promise.all(Array.from({ length: count }, () => Connection.open(url)));
    };
    const after = (): void => {
      for (const connection of connections) connection.close();
    };
    const head = headOf(asked, url, await withConnection(url, (it) => pushImage(it, url)));
    const work = (): Promise<void> => repeat(connections, head);
    await before();
    const end = performance.now() + WARM_UP_MS;
    while (performance.now() < end) await work();
    after();
    return { before, work, after };
  };
  return withBoth(directory, false, async (ours, theirs) =>
    compareServers(RUNS, await prepare(ours), await prepare(theirs)),
  );
}

/** Measures a connection and a request without the page cache, of a server that answered `before` requests. */
async function cold(directory: string, asked: Asked, before: number): Promise<Measured> {
  let digest = "";
  const timed = async (served: Served): Promise<Timed> => {
    const filled = await served.start(served.directory);
    digest = await withConnection(filled.url, (it) => pushImage(it, filled.url));
    await filled.stop();
    let running: Running | undefined;
    let used: Connection | undefined;
    return {
      before: async () => {
        const { url } = (running = await served.start(served.directory));
        const head = headOf(asked, url, digest);
        await withConnection(url, async (connection) => {
          for (let sent = 0; sent < before; sent += 1) await connection.ask(head);
        });
        dropCaches();
      },
      work: async () => {
        const { url = "" } = running ?? {};
        used = await Connection.open(url);
        await used.ask(headOf(asked, url, digest));
      },
      after: async () => {
        used?.close();
        await running?.stop();
      },
    };
  };
  const [ours, theirs] = bothServers(directory, false);
  return compareServers(COLD_RUNS, await timed(ours), await timed(theirs));
}

/** The benchmarks of manifests beside docker-registry. */
export const manifestRows: readonly Benchmark[] = ASKED.flatMap((asked) => [
  ...[1, 16].map((count) => ({
    name: `beside: ${asked.name}, warm, ${count === 1 ? "1 connection" : `${count} connections`}`,
    limit: "docker-registry",
    most: 1,
    operations: REQUESTS,
    obstacle: () => obstacle("warm"),
    run: (directory: string) => warm(directory, asked, count),
  })),
  {
    name: `beside: ${asked.name}, cold, running server`,
    limit: "docker-registry",
    most: 1,
    obstacle: () => obstacle("cold"),
    run: (directory: string) => cold(directory, asked, RUNNING),
  },
  {
    name: `beside: ${asked.name}, cold, first request`,
    limit: "docker-registry",
    most: 4,
    aim: 1,
    obstacle: () => obstacle("cold"),
    run: (directory: string) => cold(directory, asked, 0),
  },
]);
