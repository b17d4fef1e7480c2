import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { ociMediaTypes } from "@ocilayout/oci-types";

import { chunks, describe, GIB, manifest } from "./content.ts";
import type { Benchmark, Measured } from "./measure.ts";

const run = promisify(execFile);

/** A server in a process of its own. */
export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server over an empty directory. */
export type Start = (directory: string) => Promise<Running>;

/** Starts our server over one layout, with the default durability. */
export function startOurs(verifyBlobs: boolean): Start {
  return async (directory) => {
    mkdirSync(directory, { recursive: true });
    const script = fileURLToPath(new URL("./serve-one.js", import.meta.url));
    const child = spawn(process.execPath, [script, directory, String(verifyBlobs)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    const [line] = (await Promise.race([once(child.stdout, "data"), refuse(exited)])) as [Buffer];
    return { url: line.toString().trim(), stop: () => end(child, exited) };
  };
}

/** Starts CNCF Distribution as Debian packages it, which flushes complete blobs to the disk. */
async function startDistribution(directory: string): Promise<Running> {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const config = join(directory, "config.yml");
  writeFileSync(
    config,
    `version: 0.1\nlog: { level: error, accesslog: { disabled: true } }\nstorage: { filesystem: { rootdirectory: ${directory}/data }, cache: { blobdescriptor: inmemory } }\nhttp: { addr: "127.0.0.1:${port}" }\n`,
  );
  const child = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  child.on("error", () => {
    console.error("docker-registry is not here: apt-get install docker-registry wrk curl");
    process.exit(1);
  });
  const url = `http://127.0.0.1:${port}`;
  const exited = once(child, "exit");
  while (!(await answers(url))) await Promise.race([sleep(20), refuse(exited)]);
  return { url, stop: () => end(child, exited) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/v2/`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Rejects if a server ends before it is stopped. */
async function refuse(exited: Promise<unknown[]>): Promise<never> {
  const [code, signal] = (await exited) as [number | null, string | null];
  throw new Error(`the server ended with ${code ?? signal ?? ""}`);
}

async function end(child: ChildProcess, exited: Promise<unknown[]>): Promise<void> {
  child.kill();
  await exited;
}

/**
 * Measures `work` with each server in turn, each time with an empty directory. `prepare` runs before it, without being
 * measured. If `work` returns a number, it counts instead of the measured time.
 */
async function compare(
  directory: string,
  ours: Start,
  runs: number,
  prepare: (it: Running) => Promise<void>,
  work: (it: Running) => Promise<number | undefined>,
): Promise<Measured> {
  const measure = async (start: Start, place: string): Promise<number> => {
    const running = await start(place);
    try {
      await prepare(running);
      const started = performance.now();
      return (await work(running)) ?? performance.now() - started;
    } finally {
      await running.stop();
      rmSync(place, { recursive: true });
    }
  };
  const times = { ours: [] as number[], theirs: [] as number[] };
  for (let run = 0; run < runs; run += 1) {
    times.theirs.push(await measure(startDistribution, join(directory, "theirs")));
    times.ours.push(await measure(ours, join(directory, "ours")));
  }
  const median = (of: number[]): number => of.sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0;
  return { ours: median(times.ours), limit: median(times.theirs) };
}

/** Writes a file of {@link GIB} mebibytes. Returns its digest. */
async function writeLayer(path: string): Promise<string> {
  const hasher = createHash("sha256");
  const hashed = function* (): Generator<Uint8Array> {
    for (const chunk of chunks(GIB)) {
      hasher.update(chunk);
      yield chunk;
    }
  };
  await pipeline(hashed(), createWriteStream(path));
  return `sha256:${hasher.digest("hex")}`;
}

/** Pushes a file as most clients do: POST, then PUT. */
async function push({ url }: Running, repository: string, file: string, digest: string): Promise<void> {
  const response = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: "POST" });
  const location = new URL(response.headers.get("location") ?? "", url);
  location.searchParams.set("digest", digest);
  await curl(
    "-X",
    "PUT",
    "-T",
    file,
    "-H",
    "Content-Type: application/octet-stream",
    "-H",
    "Expect:",
    location.href,
  );
}

async function curl(...args: readonly string[]): Promise<void> {
  await run("curl", ["--silent", "--show-error", "--fail", "--output", "/dev/null", ...args]);
}

async function pushLayer(directory: string): Promise<Measured> {
  const file = join(directory, "layer");
  const digest = await writeLayer(file);
  return compare(
    directory,
    startOurs(false),
    3,
    async () => undefined,
    async (it) => {
      await push(it, "a", file, digest);
      return undefined;
    },
  );
}

/** Measures servers that have run for some seconds, because a new Node process needs some pulls to reach its speed. */
async function pullLayer(directory: string, verifyBlobs: boolean): Promise<Measured> {
  const file = join(directory, "layer");
  const digest = await writeLayer(file);
  const pull = async ({ url }: Running, times: number): Promise<undefined> => {
    for (let time = 0; time < times; time += 1) await curl(`${url}/v2/a/blobs/${digest}`);
    return undefined;
  };
  const prepare = async (it: Running): Promise<void> => {
    await push(it, "a", file, digest);
    await pull(it, 8);
  };
  return compare(directory, startOurs(verifyBlobs), 5, prepare, (it) => pull(it, 4));
}

/**
 * Returns the time of a thousand requests, in milliseconds, measured by `wrk` with 16 connections for three seconds.
 */
async function request(url: string): Promise<number> {
  const { stdout } = await run("wrk", [
    "-t",
    "1",
    "-c",
    "16",
    "-d",
    "3s",
    "-H",
    `Accept: ${ociMediaTypes.imageManifest}`,
    url,
  ]);
  if (stdout.includes("Non-2xx")) throw new Error(stdout);
  return 1_000_000 / Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

async function getManifests(directory: string, byTag: boolean): Promise<Measured> {
  const content = manifest("one");
  const { digest } = describe(content, ociMediaTypes.imageManifest);
  const config = join(directory, "config");
  writeFileSync(config, "{}");
  const prepare = async (it: Running): Promise<void> => {
    await push(it, "a", config, describe(Buffer.from("{}"), "").digest);
    const put = await fetch(`${it.url}/v2/a/manifests/v1`, {
      method: "PUT",
      headers: { "content-type": ociMediaTypes.imageManifest },
      body: Buffer.from(content),
    });
    if (!put.ok) throw new Error(await put.text());
  };
  return compare(directory, startOurs(false), 3, prepare, ({ url }) =>
    request(`${url}/v2/a/manifests/${byTag ? "v1" : digest}`),
  );
}

/**
 * The benchmarks of the server. They compare it with docker-registry of Debian, which does not verify what it sends.
 */
export const serverBenchmarks: readonly Benchmark[] = [
  { name: `server: push ${GIB} MiB`, limit: "docker-registry", most: 1, run: pushLayer },
  {
    name: `server: pull 4 × ${GIB} MiB`,
    limit: "docker-registry",
    most: 1,
    run: (directory) => pullLayer(directory, false),
  },
  {
    name: `server: pull 4 × ${GIB} MiB, verified`,
    limit: "docker-registry, which does not verify",
    most: 2,
    run: (directory) => pullLayer(directory, true),
  },
  {
    name: "server: 1,000 manifests by tag",
    limit: "docker-registry",
    most: 1,
    run: (directory) => getManifests(directory, true),
  },
  {
    name: "server: 1,000 manifests by digest",
    limit: "docker-registry",
    most: 1,
    run: (directory) => getManifests(directory, false),
  },
];
