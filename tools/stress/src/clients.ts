// `node dist/clients.js`: real clients use one server at once, and a third of them are killed. Then one pushes and
// pulls a large blob.
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

import type { LayoutRegistry, LayoutStore } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { collect, emptyDescriptor, isRegistryError, ociMediaTypes } from "@ocilayout/oci-types";

import { bytes, describe } from "./content.ts";
import { randomNumbers } from "./random.ts";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "200" },
    mebibytes: { type: "string", default: "2048" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});
const seed = Number(values.seed);
const clientsAtOnce = Number(values.clients);
const run = promisify(execFile);
const KIB = 1024;
/** The sizes of the pushed layers, in bytes. */
const SIZES = [1, 100, 1024, 4096, 16_384].map((kib) => kib * KIB);
/** The most memory that the server may use for a large blob in addition to its memory before, in MiB. */
const MOST_MIB = 96;
let failures = 0;

function report(holds: boolean, text: string): void {
  if (!holds) failures += 1;
  console.log(`${holds ? "ok  " : "FAIL"} ${text}`);
}

type Kind = "layout" | "per-repo";

/** Opens the served directory. Its uploads expire at once, because no client continues them. */
function open(kind: Kind, directory: string): Promise<LayoutStore> {
  const options = { uploadExpiryMs: 0 };
  return kind === "layout" ? openLayout(directory, options) : openPerRepository(directory, options);
}

interface Served {
  readonly host: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

async function startServer(kind: Kind, directory: string): Promise<Served> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("./serve.js", import.meta.url)), kind, directory],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const exited = once(child, "exit") as Promise<[number | null, string | null]>;
  const died = exited.then(([code, signal]) =>
    Promise.reject(new Error(`the server ended with ${code ?? signal ?? ""}`)),
  );
  const [line] = (await Promise.race([once(child.stdout, "data"), died])) as [Buffer];
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
  };
  return { host: new URL(line.toString().trim()).host, child, stop };
}

/** Writes a layout with one image of each size. Returns the digest of each tag. */
async function writeImages(directory: string): Promise<Map<string, string>> {
  await using layout = await openLayout(directory, { defaultRepository: "images", durability: "none" });
  await layout.pushBlob("images", emptyDescriptor, bytes("{}"));
  const digests: Map<string, string> = new Map();
  for (const [i, size] of SIZES.entries()) {
    const layer = new Uint8Array(randomBytes(size));
    const descriptor = { ...describe(layer), mediaType: ociMediaTypes.layer };
    await layout.pushBlob("images", descriptor, layer);
    const config = { mediaType: ociMediaTypes.imageConfig, ...(await pushConfig(layout, layer)) };
    const content = bytes(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: ociMediaTypes.imageManifest,
        config,
        layers: [descriptor],
      }),
    );
    digests.set(
      `i${i}`,
      (await layout.pushManifest("images", content, ociMediaTypes.imageManifest, { tags: [`i${i}`] })).digest,
    );
  }
  return digests;
}

async function pushConfig(
  layout: LayoutRegistry,
  layer: Uint8Array,
): Promise<{ digest: string; size: number }> {
  const config = bytes(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: [describe(layer).digest] },
    }),
  );
  const { digest, size } = describe(config);
  await layout.pushBlob("images", { digest, size }, config);
  return { digest, size };
}

interface Client {
  readonly kind: "push" | "pull";
  readonly repository: string;
  readonly tag: string;
  readonly image: string;
  readonly place: string;
  /** The exit code, or `"killed"`, or the signal. */
  readonly end: number | string;
}

async function runClients(root: string, host: string, directory: string): Promise<Client[]> {
  const random = randomNumbers(seed);
  // `timeout` kills the client, because this process is too late with so many clients.
  const skopeo = (seconds: number, ...args: readonly string[]): ChildProcess =>
    spawn(
      "timeout",
      ["--signal=KILL", String(seconds), "skopeo", "copy", "--quiet", "--preserve-digests", ...args],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
  const clients = Array.from({ length: clientsAtOnce }, async (_, i): Promise<Client> => {
    const kind = i % 2 === 0 ? "push" : "pull";
    const image = `i${Math.floor(i / 2) % SIZES.length}`;
    const [repository, tag, place] = [`team/app-${i % 16}`, `v${i}`, join(root, `pulled-${i}`)];
    const seconds = i % 3 === 0 ? 0.05 + (random() * clientsAtOnce) / 200 : 600;
    const child =
      kind === "push"
        ? skopeo(
            seconds,
            "--dest-tls-verify=false",
            `oci:${directory}:${image}`,
            `docker://${host}/${repository}:${tag}`,
          )
        : skopeo(seconds, "--src-tls-verify=false", `docker://${host}/source:${image}`, `dir:${place}`);
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const exited = once(child, "exit") as Promise<[number | null, string | null]>;
    const [code, signal] = await exited;
    if (code === 137 || signal === "SIGKILL") return { kind, repository, tag, image, place, end: "killed" };
    if (code !== 0) console.log(`     client ${i} (${kind}): ${said.trim()}`);
    return { kind, repository, tag, image, place, end: code ?? signal ?? "" };
  });
  return Promise.all(clients);
}

/** Checks that all acknowledged content is present, byte for byte. The readers verify digests. */
async function checkPushes(
  registry: LayoutStore,
  clients: readonly Client[],
  digests: ReadonlyMap<string, string>,
): Promise<void> {
  let [whole, absent, wrong] = [0, 0, 0];
  for (const { repository, tag, image, end } of clients.filter(({ kind }) => kind === "push")) {
    try {
      const reader = await registry.getTag(repository, tag);
      if (reader.descriptor.digest !== digests.get(image)) wrong += 1;
      const { config, layers } = (await reader.json()) as {
        config: { digest: string };
        layers: { digest: string }[];
      };
      for (const { digest } of [config, ...layers])
        await (await registry.getBlob(repository, digest)).bytes();
      whole += 1;
    } catch (error) {
      if (!isRegistryError(error, "MANIFEST_UNKNOWN", "NAME_UNKNOWN")) throw error;
      absent += 1;
      if (end === 0) wrong += 1;
    }
  }
  report(
    wrong === 0,
    `${whole} pushes are stored, byte for byte, and ${absent} are missing; ${wrong} differ from what was acknowledged`,
  );
}

function checkPulls(clients: readonly Client[], digests: ReadonlyMap<string, string>): void {
  const pulls = clients.filter(({ kind, end }) => kind === "pull" && end === 0);
  const wrong = pulls.filter(
    ({ place, image }) => describe(readFileSync(join(place, "manifest.json"))).digest !== digests.get(image),
  );
  report(wrong.length === 0, `${pulls.length} pulls have the pushed content`);
}

/** Lists findings and files that a garbage collection should have removed. */
async function findLeft(registry: LayoutStore, directory: string): Promise<string[]> {
  const findings = (await collect(registry.verify())).map(({ message }) => message);
  const stray = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((path) =>
    /(^|\/)(_uploads\/(?!reserve-).+|\.index\.json\..*)$/.test(path),
  );
  return [...findings, ...stray];
}

async function runAtOnce(
  kind: Kind,
  root: string,
  images: string,
  digests: ReadonlyMap<string, string>,
): Promise<void> {
  const directory = join(root, "served");
  const served = await startServer(kind, directory);
  for (const image of digests.keys()) {
    await run("skopeo", [
      "copy",
      "--quiet",
      "--preserve-digests",
      "--dest-tls-verify=false",
      `oci:${images}:${image}`,
      `docker://${served.host}/source:${image}`,
    ]);
  }
  const started = performance.now();
  const clients = await runClients(root, served.host, images);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const killed = clients.filter(({ end }) => end === "killed").length;
  const failed = clients.filter(({ end }) => end !== 0 && end !== "killed").length;
  report(
    failed === 0,
    `${kind}: ${clients.length} concurrent clients in ${seconds} s; ${killed} were killed and ${failed} failed`,
  );
  await served.stop();
  await using registry = await open(kind, directory);
  await checkPushes(registry, clients, digests);
  checkPulls(clients, digests);
  const { removed, bytes: size, uploads } = await registry.gc({ graceMs: 0 });
  const left = await findLeft(registry, directory);
  report(
    left.length === 0,
    `gc() removed ${removed.length} blobs (${size} bytes) and ${uploads} other files, and left nothing${left.map((it) => `\n     ${it}`).join("")}`,
  );
  await checkPushes(registry, clients, digests);
}

/** Returns the peak memory of a process since the last call, in MiB. Linux only. */
function takePeak(pid: number): number {
  const kib = /^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return Number(kib) / KIB;
}

async function runLarge(kind: Kind, root: string): Promise<void> {
  const file = join(root, "large");
  const hasher = createHash("sha256");
  const chunk = randomBytes(1024 * KIB);
  const output = openSync(file, "w");
  for (let i = 0; i < Number(values.mebibytes); i += 1) {
    writeSync(output, chunk);
    hasher.update(chunk);
  }
  closeSync(output);
  const digest = `sha256:${hasher.digest("hex")}`;
  const served = await startServer(kind, join(root, "served-large"));
  const pid = served.child.pid ?? 0;
  const before = takePeak(pid);
  const url = `http://${served.host}/v2/a/blobs/`;
  const location = (await fetch(`${url}uploads/`, { method: "POST" })).headers.get("location") ?? "";
  await run("curl", [
    "--silent",
    "--show-error",
    "--fail",
    "-T",
    file,
    `http://${served.host}${location}?digest=${digest}`,
  ]);
  const pushing = takePeak(pid) - before;
  await run("curl", ["--silent", "--show-error", "--fail", "-o", join(root, "back"), url + digest]);
  const pulling = takePeak(pid) - before;
  await run("cmp", [file, join(root, "back")]);
  report(
    Math.max(pushing, pulling) <= MOST_MIB,
    `${kind}: ${values.mebibytes} MiB pushed with +${pushing.toFixed(0)} MiB of memory and pulled with +${pulling.toFixed(0)}; at most ${MOST_MIB}`,
  );
  await served.stop();
}

console.log(`seed ${seed}`);
for (const kind of ["per-repo", "layout"] as const) {
  const root = mkdtempSync(join(tmpdir(), "clients-"));
  try {
    const images = join(root, "images");
    const digests = await writeImages(images);
    await runAtOnce(kind, root, images, digests);
    await runLarge(kind, root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
process.exitCode = failures === 0 ? 0 : 1;
