// `node dist/hostile.js`: hostile clients and four well-behaved ones use one server. All traffic stays on this machine.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { CORE_WAIT, coreWaitMs } from "./core-wait.ts";
import { CoreUse } from "./cores.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "300" },
    quiet: { type: "string", default: "10" },
    only: { type: "string", default: "" },
  },
});
const MIB = 1024 * 1024;
/** The most memory that the server may use, in MiB. */
const MOST_MIB = 300;
/** The most open files in addition to those in quiet times: sockets, and the files of active requests. */
const MOST_FILES = 2048;
/** The lowest latency to compare with, in milliseconds. Lower ones are within the noise of the machine. */
const LEAST_MS = 25;
let failures = 0;

function report(holds: boolean, text: string): void {
  if (!holds) failures += 1;
  console.log(`${holds ? "ok  " : "FAIL"} ${text}`);
}

function sha256(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

const directory = mkdtempSync(join(tmpdir(), "ocilayout-hostile-"));
const server = spawn(
  process.execPath,
  [fileURLToPath(new URL("./serve.js", import.meta.url)), "layout", directory],
  { stdio: ["ignore", "pipe", "inherit"] },
);
const pid = server.pid ?? 0;
const [line] = (await once(server.stdout, "data")) as [Buffer];
const url = String(line).trim();

function memory(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

function openFiles(): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The slowest answer of a kind, in milliseconds. */
interface Slowest {
  /** As the client measures it. */
  ms: number;
  /** Without the time in which the server, or the client if that was longer, was runnable and had no core. */
  ownMs: number;
}

type Latencies = Map<string, Slowest>;

function note(latencies: Latencies, kind: string, ms: number, coreWaitMs: number): void {
  const slowest = latencies.get(kind) ?? { ms: 0, ownMs: 0 };
  slowest.ms = Math.max(slowest.ms, ms);
  slowest.ownMs = Math.max(slowest.ownMs, ms - coreWaitMs);
  latencies.set(kind, slowest);
}

/** Sends a request of a well-behaved client. Rejects if the answer is wrong. */
async function ask(
  slowest: Latencies,
  kind: string,
  status: number,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const [begun, waited] = [performance.now(), coreWaitMs()];
  const response = await fetch(path.startsWith("http") ? path : url + path, init);
  const body = await response.arrayBuffer();
  // Both may wait at the same time: only the longer time is certain to be the machine's.
  const coreWait = Math.max(Number(response.headers.get(CORE_WAIT) ?? 0), coreWaitMs() - waited);
  note(slowest, kind, performance.now() - begun, coreWait);
  if (response.status !== status)
    throw new Error(
      `${kind}: ${response.status}, not ${status}: ${new TextDecoder().decode(body).slice(0, 200)}`,
    );
  return new Response(body, { headers: response.headers });
}

/** The number of images that each client keeps. */
const MOST_IMAGES = 10;

/**
 * Pushes and pulls an image of one layer repeatedly, and deletes the oldest of ten. A growing layout would get slower,
 * and hide the effect of the hostile clients. Returns the number of answered requests.
 */
async function behaveWell(name: string, slowest: Latencies, until: number): Promise<number> {
  let count = 0;
  const does = async (
    ...args: [kind: string, status: number, path: string, init?: RequestInit]
  ): Promise<Response> => {
    count += 1;
    return ask(slowest, ...args);
  };
  const images: { readonly manifest: string; readonly layer: string }[] = [];
  for (let round = 0; performance.now() < until; round += 1) {
    const repository = `/v2/well/${name}`;
    const layer = randomBytes(64 * 1024);
    const digest = sha256(layer);
    await does("ping", 200, "/v2/");
    const begun = await does("begin an upload", 202, `${repository}/blobs/uploads/`, { method: "POST" });
    const patched = await does("send a chunk", 202, url + (begun.headers.get("location") ?? ""), {
      method: "PATCH",
      body: layer,
    });
    await does("end an upload", 201, `${url}${patched.headers.get("location") ?? ""}?digest=${digest}`, {
      method: "PUT",
    });
    const descriptor = { mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size: layer.length };
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: descriptor,
      layers: [descriptor],
    });
    const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
    const tag = `v${round % MOST_IMAGES}`;
    await does("push a manifest", 201, `${repository}/manifests/${tag}`, {
      method: "PUT",
      headers,
      body: manifest,
    });
    const pulled = await does("pull a manifest", 200, `${repository}/manifests/${tag}`);
    if ((await pulled.text()) !== manifest)
      throw new Error("the pulled manifest differs from the pushed one");
    const blob = await does("pull a blob", 200, `${repository}/blobs/${digest}`);
    if (sha256(new Uint8Array(await blob.arrayBuffer())) !== digest)
      throw new Error("the pulled blob differs from the pushed one");
    await does("list tags", 200, `${repository}/tags/list`);
    images.push({ manifest: sha256(Buffer.from(manifest)), layer: digest });
    const oldest = images.length > MOST_IMAGES ? images.shift() : undefined;
    if (oldest === undefined) continue;
    await does("delete a manifest", 202, `${repository}/manifests/${oldest.manifest}`, { method: "DELETE" });
    await does("delete a blob", 202, `${repository}/blobs/${oldest.layer}`, { method: "DELETE" });
  }
  return count;
}

async function fourClients(slowest: Latencies, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000;
  const counts = await Promise.all(
    ["one", "two", "three", "four"].map((name) => behaveWell(name, slowest, until)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

const large = randomBytes(4 * MIB);
const largeDigest = sha256(large);
await ask(new Map(), "prepare", 201, `/v2/hostile/blobs/uploads/?digest=${largeDigest}`, {
  method: "POST",
  body: large,
});
await fourClients(new Map(), 2);
const quiet: Latencies = new Map();
const quietCount = await fourClients(quiet, Number(values.quiet));
const [quietFiles, quietMemory] = [openFiles(), memory()];

const hostile = spawn(
  process.execPath,
  [
    fileURLToPath(new URL("./hostile-clients.js", import.meta.url)),
    new URL(url).port,
    largeDigest,
    values.seconds,
    values.only,
  ],
  { stdio: "inherit" },
);
const hostileEnded = once(hostile, "exit");
let [mostMemory, mostFiles] = [0, 0];
const cores = new CoreUse({
  "the server": pid,
  "the hostile clients": hostile.pid ?? 0,
  "the well-behaved clients": process.pid,
});
const watch = setInterval(() => {
  cores.look();
  mostMemory = Math.max(mostMemory, memory());
  mostFiles = Math.max(mostFiles, openFiles());
}, 100);
const loud: Latencies = new Map();
try {
  const loudCount = await fourClients(loud, Number(values.seconds));
  report(
    true,
    `${loudCount} requests of well-behaved clients had correct answers (${quietCount} in ${values.quiet} quiet seconds)`,
  );
} catch (error) {
  report(false, `a request of a well-behaved client failed: ${String(error)}`);
}
const use = String(cores);
hostile.kill();
await hostileEnded;
clearInterval(watch);
for (const [kind, { ms, ownMs }] of loud) {
  const before = quiet.get(kind)?.ms ?? 0;
  const most = 10 * Math.max(before, LEAST_MS);
  const machine = ms <= most ? "" : ` (${ownMs.toFixed(0)} ms excluding the wait for a core)`;
  report(
    ownMs <= most,
    `${kind}: ${ms.toFixed(0)} ms at worst${machine}, ${before.toFixed(0)} ms in quiet times`,
  );
}
console.log(`     cores used, of ${cpus().length}: ${use}`);
report(
  mostMemory < MOST_MIB,
  `memory: ${mostMemory.toFixed(0)} MiB at most, ${quietMemory.toFixed(0)} MiB in quiet times`,
);
report(mostFiles < quietFiles + MOST_FILES, `open files: ${mostFiles} at most, ${quietFiles} in quiet times`);
let files = Number.POSITIVE_INFINITY;
for (let i = 0; i < 50 && files > quietFiles + 3; i += 1) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  files = openFiles();
}
report(files <= quietFiles + 3, `open files after the clients have disconnected: ${files}`);
server.kill("SIGTERM");
await once(server, "exit");
rmSync(directory, { recursive: true });
process.exitCode = failures === 0 ? 0 : 1;
