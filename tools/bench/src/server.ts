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

import { chunks, describe, manifest } from "./content.ts";
import type { Benchmark, Measured } from "./measure.ts";
import { inTurn } from "./measure.ts";

const GIB = Number(process.env["BENCH_MIB"] ?? 1024);
const run = promisify(execFile);

/** A server in a process of its own. */
interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** Ours, over one layout, as durable as it is by default. */
async function startOurs(directory: string): Promise<Running> {
  mkdirSync(directory, { recursive: true });
  const child = spawn(process.execPath, [fileURLToPath(new URL("./serve-one.js", import.meta.url)), directory], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { url: line.toString().trim(), stop: () => end(child) };
}

/** CNCF Distribution, as Debian has it, which flushes a blob to the disk when it is complete. */
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
  while (!(await answers(url))) await sleep(20);
  return { url, stop: () => end(child) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/v2/`).then(({ ok }) => ok, () => false);
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill();
  await exited;
}

/** Runs `use` with both servers. */
async function withBoth(directory: string, use: (ours: Running, theirs: Running) => Promise<Measured>): Promise<Measured> {
  const ours = await startOurs(join(directory, "ours"));
  const theirs = await startDistribution(join(directory, "theirs"));
  try {
    return await use(ours, theirs);
  } finally {
    await Promise.all([ours.stop(), theirs.stop()]);
  }
}

/** A file of so many mebibytes, and its digest. */
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
  await curl("-X", "PUT", "-T", file, "-H", "Content-Type: application/octet-stream", "-H", "Expect:", location.href);
}

async function curl(...args: readonly string[]): Promise<void> {
  await run("curl", ["--silent", "--show-error", "--fail", "--output", "/dev/null", ...args]);
}

async function pushLayer(directory: string): Promise<Measured> {
  const file = join(directory, "layer");
  const digest = await writeLayer(file);
  return inTurn(
    3,
    async (number) => {
      await withOne(startOurs, join(directory, `ours-${number}`), (it) => push(it, "a", file, digest));
    },
    async (number) => {
      await withOne(startDistribution, join(directory, `theirs-${number}`), (it) => push(it, "a", file, digest));
    },
  );
}

/** Starts a server for one measurement; that it is started is the same for both. */
async function withOne(start: (directory: string) => Promise<Running>, directory: string, use: (it: Running) => Promise<void>): Promise<void> {
  const running = await start(directory);
  try {
    await use(running);
  } finally {
    await running.stop();
    rmSync(directory, { recursive: true });
  }
}

async function pullLayer(directory: string): Promise<Measured> {
  const file = join(directory, "layer");
  const digest = await writeLayer(file);
  return withBoth(directory, async (ours, theirs) => {
    for (const it of [ours, theirs]) await push(it, "a", file, digest);
    const pull = ({ url }: Running): Promise<void> => curl(`${url}/v2/a/blobs/${digest}`);
    return inTurn(5, () => pull(ours), () => pull(theirs));
  });
}

/** The time of a thousand requests, by `wrk` with 16 connections for three seconds. */
async function request({ url }: Running, path: string): Promise<number> {
  const { stdout } = await run("wrk", ["-t", "1", "-c", "16", "-d", "3s", "-H", `Accept: ${ociMediaTypes.imageManifest}`, url + path]);
  if (/Non-2xx/.test(stdout)) throw new Error(stdout);
  return 1_000_000 / Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

async function getManifests(directory: string): Promise<Measured> {
  const content = manifest("one");
  const { digest } = describe(content, ociMediaTypes.imageManifest);
  const config = join(directory, "config");
  writeFileSync(config, "{}");
  return withBoth(directory, async (ours, theirs) => {
    for (const it of [ours, theirs]) {
      await push(it, "a", config, describe(Buffer.from("{}"), "").digest);
      const put = await fetch(`${it.url}/v2/a/manifests/v1`, { method: "PUT", headers: { "content-type": ociMediaTypes.imageManifest }, body: Buffer.from(content) });
      if (!put.ok) throw new Error(await put.text());
    }
    const times = { ours: [] as number[], theirs: [] as number[] };
    for (const path of ["/v2/a/manifests/v1", `/v2/a/manifests/${digest}`, "/v2/a/manifests/v1"]) {
      times.theirs.push(await request(theirs, path));
      times.ours.push(await request(ours, path));
    }
    const median = (of: number[]): number => of.sort((a, b) => a - b)[1] ?? 0;
    return { ours: median(times.ours), limit: median(times.theirs) };
  });
}

/** What is measured of the server, side by side with Debian's docker-registry. */
export const serverBenchmarks: readonly Benchmark[] = [
  { name: `server: push ${GIB} MiB`, limit: "docker-registry", most: 1, run: pushLayer },
  { name: `server: pull ${GIB} MiB`, limit: "docker-registry", most: 1, run: pullLayer },
  { name: "server: 1,000,000 manifest GETs", limit: "docker-registry", most: 1, run: getManifests },
];

