import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { collect, isRegistryError } from "@ocilayout/oci-types";

import { digestOf, layerOf, manifestOf, readCounter, repository } from "./content.ts";
import { readLogs, type Acknowledged } from "./log.ts";
import { parseUntil, startWorker } from "./processes.ts";
import { randomNumbers } from "./random.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    kills: { type: "string", default: "0" },
    processes: { type: "string", default: "8" },
    pushes: { type: "string", default: "50" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});
const seed = Number(values.seed);
const processes = Number(values.processes);
const random = randomNumbers(seed);
let failures = 0;

function report(holds: boolean, text: string): void {
  if (!holds) failures += 1;
  console.log(`${holds ? "ok  " : "FAIL"} ${text}`);
}

/** Compares the stored content with the acknowledged content. */
async function checkTags(registry: LayoutRegistry, { tags, counts }: Acknowledged): Promise<void> {
  let wrong = 0;
  for (const [tag, allowed] of tags) {
    let content: string | undefined;
    try {
      const manifest = await (await registry.getTag(repository, tag)).bytes();
      const { annotations } = JSON.parse(new TextDecoder().decode(manifest)) as {
        annotations: { name: string };
      };
      content = annotations.name;
      const layer = layerOf(content);
      const isWhole =
        Buffer.compare(manifest, manifestOf(content)) === 0 &&
        Buffer.compare(await (await registry.getBlob(repository, digestOf(layer))).bytes(), layer) === 0;
      if (!isWhole) wrong += 1;
    } catch (error) {
      if (!isRegistryError(error, "MANIFEST_UNKNOWN")) throw error;
    }
    if (allowed.has(content)) continue;
    wrong += 1;
    console.log(
      `     ${tag} is ${content ?? "missing"}, expected ${[...allowed].map((it) => it ?? "missing").join(" or ")}`,
    );
  }
  report(wrong === 0, `${tags.size} tags have the last acknowledged content, byte for byte`);
  const { value } = await readCounter(registry);
  report(
    value >= counts.least && value <= counts.most,
    `the counter is ${value}, expected ${counts.least} to ${counts.most}`,
  );
}

function greatest(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), -Infinity);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

async function runPushes(root: string): Promise<void> {
  const directory = join(root, "pushes");
  const logs = Array.from({ length: processes }, (_, i) => join(root, `pushes-${i}.log`));
  const started = performance.now();
  let isOver = false;
  const reading = parseUntil(directory, () => isOver);
  const ends = await Promise.all(
    logs.map((log, i) => startWorker(directory, log, seed + i, `p${i}`, "pushes", values.pushes).ended),
  );
  isOver = true;
  const { reads, torn } = await reading;
  const acknowledged = readLogs(logs);
  const seconds = (performance.now() - started) / 1000;
  const wanted = processes * Number(values.pushes);
  report(
    ends.every((end) => end === 0),
    `${processes} processes ended by themselves, in ${seconds.toFixed(1)} s`,
  );
  report(acknowledged.pushes === wanted, `${acknowledged.pushes} of ${wanted} pushes were acknowledged`);
  await using registry = await openLayout(directory);
  report((await collect(registry.tags(repository))).length === wanted + 1, "and all of them are stored");
  await checkTags(registry, acknowledged);
  report(torn === 0, `index.json was parsed ${reads} times, and was incomplete ${torn} times`);
  const [slowest, middle] = [greatest(acknowledged.finishes), median(acknowledged.finishes)];
  report(
    slowest <= 3 * middle,
    `the slowest took ${(slowest / 1000).toFixed(1)} s, the median ${(middle / 1000).toFixed(1)} s`,
  );
}

async function runChaos(root: string): Promise<void> {
  const directory = join(root, "chaos");
  const deadline = performance.now() + Number(values.seconds) * 1000;
  const logs: string[] = [];
  let kills = 0;
  let isOver = false;
  const reading = parseUntil(directory, () => isOver);
  const unexpected: (number | string)[] = [];
  // A process that ends by itself is a failure, so the others stop as well.
  const isDone = (): boolean =>
    unexpected.length > 0 || (performance.now() > deadline && kills >= Number(values.kills));
  const slots = Array.from({ length: processes }, async (_, slot) => {
    for (let life = 0; !isDone(); life += 1) {
      const log = join(root, `chaos-${slot}-${life}.log`);
      logs.push(log);
      const { child, ended } = startWorker(directory, log, seed + slot * 1000 + life, `s${slot}`, "chaos", 0);
      const timer = setTimeout(() => child.kill("SIGKILL"), 250 + random() * 1_250);
      const end = await ended;
      clearTimeout(timer);
      if (end === "SIGKILL") kills += 1;
      else unexpected.push(end);
    }
  });
  await Promise.all(slots);
  isOver = true;
  const { reads, torn } = await reading;
  const bySlot = logs.sort((a, b) => Number(/-(\d+)\.log/.exec(a)?.[1]) - Number(/-(\d+)\.log/.exec(b)?.[1]));
  const acknowledged = readLogs(bySlot);
  console.log(
    `     ${kills} processes were killed; ${acknowledged.pushes} pushes and ${acknowledged.counts.least} counts were acknowledged`,
  );
  report(
    unexpected.length === 0,
    `no process ended by itself${unexpected.length === 0 ? "" : `: ${unexpected.join(", ")}`}`,
  );
  report(torn === 0, `index.json was parsed ${reads} times, and was incomplete ${torn} times`);
  console.log(
    `     the first call of a process took ${median(acknowledged.firsts).toFixed(0)} ms (median), ${greatest(acknowledged.firsts).toFixed(0)} ms (longest): a killed process delays no other`,
  );

  await using registry = await openLayout(directory, { lockTimeoutMs: 5_000, uploadExpiryMs: 0 });
  const started = performance.now();
  await registry.pushManifest(repository, new Uint8Array([1]), "application/vnd.stress", { tags: ["after"] });
  report(true, `the next writer wrote after ${(performance.now() - started).toFixed(0)} ms`);
  await checkTags(registry, acknowledged);
  const errors = (await collect(registry.verify())).filter(({ severity }) => severity === "error");
  report(
    errors.length === 0,
    `verify() finds no error${errors.map(({ message }) => `\n     ${message}`).join("")}`,
  );
  const { removed, bytes, uploads } = await registry.gc({ graceMs: 0 });
  const left = [
    ...(await collect(registry.verify())).map(({ message }) => message),
    ...readdirSync(directory).filter(
      (name) => !["blobs", "index.json", "oci-layout", "_uploads"].includes(name),
    ),
    ...readdirSync(join(directory, "_uploads")).filter((name) => !name.startsWith("reserve-")),
  ];
  report(
    left.length === 0,
    `gc() removed ${removed.length} blobs (${bytes} bytes) and ${uploads} other files, and left nothing${left.map((it) => `\n     ${it}`).join("")}`,
  );
  await checkTags(registry, acknowledged);
}

const root = mkdtempSync(join(tmpdir(), "stress-"));
console.log(`seed ${seed}`);
try {
  await runPushes(root);
  await runChaos(root);
} finally {
  rmSync(root, { recursive: true, force: true });
}
if (failures > 0) console.log(`failed: to repeat it, run it with --seed ${seed}`);
process.exitCode = failures === 0 ? 0 : 1;
