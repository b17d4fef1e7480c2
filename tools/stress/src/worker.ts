// One process: `worker.js DIRECTORY LOG SEED NAME MODE COUNT`. Logs each change before it starts and after it is
// acknowledged.
import { appendFileSync } from "node:fs";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { isRegistryError } from "@ocilayout/oci-types";

import { bytes, describe, push, raiseCounter, repository } from "./content.ts";
import { randomNumbers } from "./random.ts";

const [directory = "", log = "", seed = "", name = "", mode = "", count = ""] = process.argv.slice(2);
const random = randomNumbers(Number(seed));
const registry = await openLayout(directory, {
  durability: mode === "pushes" ? "none" : "fsync",
  uploadExpiryMs: 60_000,
});

/** Writes a line of the log: `will` before a change, `did` when it is acknowledged. */
function note(what: "will" | "did", ...words: readonly string[]): void {
  appendFileSync(log, `${[what, ...words].join(" ")}\n`);
}

async function pushes(): Promise<void> {
  const started = performance.now();
  for (let i = 0; i < Number(count); i += 1) {
    await push(registry, `${name}-${i}`, `${name}-${i}`);
    note("did", "push", `${name}-${i}`, `${name}-${i}`);
    if (i % 10 === 0) {
      await raiseCounter(registry);
      note("did", "count");
    }
  }
  note("did", "finish", String(performance.now() - started));
}

/** Makes one random change. */
async function actAtRandom(it: LayoutRegistry, number: number): Promise<void> {
  const tag = `${name}-${Math.floor(random() * 6)}`;
  const content = `${name} ${process.pid} ${number}`;
  const chance = random();
  if (chance < 0.45) {
    note("will", "push", tag, content);
    await push(it, content, tag);
    note("did", "push", tag, content);
  } else if (chance < 0.6) {
    note("will", "delete", tag);
    await it.deleteTag(repository, tag).catch((error: unknown) => {
      if (!isRegistryError(error, "MANIFEST_UNKNOWN")) throw error;
    });
    note("did", "delete", tag);
  } else if (chance < 0.75) {
    note("will", "count");
    await raiseCounter(it);
    note("did", "count");
  } else if (chance < 0.9) {
    const writer = await it.pushBlobChunked(repository);
    for (const part of ["one ", "two ", content]) await writer.write(bytes(part));
    if (random() < 0.5) await writer.close();
    else await writer.commit(describe(bytes(`one two ${content}`)).digest);
  } else {
    // On a busy machine, a blob may be a few seconds old before its manifest is pushed.
    await it.gc({ graceMs: 20_000, untagged: random() < 0.3 });
  }
}

if (mode === "pushes") await pushes();
else {
  // The first successful call measures how long the process waited for the lock of a killed one.
  const started = performance.now();
  await raiseFirst();
  note("did", "first", String(performance.now() - started));
  for (let number = 0; ; number += 1) await actAtRandom(registry, number);
}
await registry.close();

async function raiseFirst(): Promise<void> {
  note("will", "count");
  await raiseCounter(registry);
  note("did", "count");
}
