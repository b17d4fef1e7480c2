// `node dist/flaky.js`: pulls and pushes through a proxy that fails at random. All traffic stays on this machine.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { openLayout } from "@ocilayout/layout-core";
import { openRemote } from "@ocilayout/oci-client";
import { serve } from "@ocilayout/oci-server/node";
import { collect, isRegistryError, ociMediaTypes } from "@ocilayout/oci-types";

import { startFlakyProxy } from "./flaky-proxy.ts";
import { randomNumbers } from "./random.ts";

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "200" },
    together: { type: "string", default: "8" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});
/** The longest time of one call. It is repeated, and each time may have to wait for a silent connection. */
const MOST_MS = 60_000;
const PASSWORD = "a password that must stay here";
const AUTHORIZATION = `Basic ${Buffer.from(`user:${PASSWORD}`).toString("base64")}`;
let failures = 0;

function report(holds: boolean, text: string): void {
  if (!holds) failures += 1;
  console.log(`${holds ? "ok  " : "FAIL"} ${text}`);
}

const directory = mkdtempSync(join(tmpdir(), "ocilayout-flaky-"));
const layout = await openLayout(directory, { durability: "none" });
const server = await serve(layout, {
  port: 0,
  writable: true,
  allowSharedBlobs: true,
  authorize: ({ headers }) =>
    headers.get("authorization") === AUTHORIZATION ? "allow" : { scheme: "Basic", realm: "here" },
});
const random = randomNumbers(Number(values.seed));
const proxy = await startFlakyProxy({
  port: server.port,
  random,
  share: 0.3,
  authorization: AUTHORIZATION,
});
const { host } = proxy;
const open = async (): ReturnType<typeof openRemote> => {
  for (;;) {
    try {
      return await openRemote(host, {
        credentials: { username: "user", password: PASSWORD },
        allowedHosts: [proxy.otherHost],
        limits: { connectMs: 2000, headersMs: 3000, commitMs: 5000, idleMs: 3000 },
        maxRetryMs: 3000,
        capabilities: { repositoryScopedBlobs: false },
      });
    } catch (error) {
      if (!isRegistryError(error)) throw error;
    }
  }
};
const registry = await open();

/** Makes content, the same for the same number. */
function contentOf(number: number): { readonly bytes: Uint8Array; readonly digest: string } {
  const numbers = randomNumbers(number);
  const bytes = new Uint8Array(Math.floor(numbers() ** 3 * 2_000_000) + 1);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Math.floor(numbers() * 256);
  return { bytes, digest: digestOf(bytes) };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function manifestOf(number: number): Uint8Array {
  const document = {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageIndex,
    manifests: [],
    annotations: { number: String(number) },
  };
  return new TextEncoder().encode(JSON.stringify(document));
}

const blobs: Set<number> = new Set();
const tags: Map<string, number> = new Map();

async function* slowly(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += 65_536) {
    yield bytes.subarray(start, start + 65_536);
    await sleep(0);
  }
}

/** The calls. Each throws if its result is wrong. */
const calls: Readonly<Record<string, (number: number) => Promise<void>>> = {
  async "push a blob"(number) {
    const { bytes, digest } = contentOf(number);
    await registry.pushBlob("app", { digest, size: bytes.length }, bytes);
    blobs.add(number);
  },
  async "push a stream"(number) {
    const { bytes, digest } = contentOf(number);
    await registry.pushBlob("app", { digest }, slowly(bytes));
    blobs.add(number);
  },
  async "push in chunks"(number) {
    const { bytes, digest } = contentOf(number);
    let writer = await registry.pushBlobChunked("app");
    for (let tries = 0; writer.size < bytes.length;) {
      try {
        await writer.write(bytes.subarray(writer.size, writer.size + 300_000));
      } catch (error) {
        if (!isRegistryError(error) || (tries += 1) > 3) throw error;
        await writer.close();
        writer = await registry.pushBlobChunkedResume("app", writer.id);
      }
    }
    await writer.commit(digest);
    blobs.add(number);
  },
  async "pull a blob"() {
    const [number] = [...blobs].sort(() => random() - 0.5);
    if (number === undefined) return;
    const { bytes, digest } = contentOf(number);
    requireSame(await (await registry.getBlob("app", digest)).bytes(), bytes);
  },
  async "push a manifest"(number) {
    const tag = `t${number % 20}`;
    // Another push of the same tag may run at the same time, and either may win.
    tags.delete(tag);
    await registry.pushManifest("app", manifestOf(number), ociMediaTypes.imageIndex, {
      tags: [`n${number}`, tag],
    });
    tags.set(`n${number}`, number);
  },
  async "pull a manifest"() {
    const [known] = [...tags].sort(() => random() - 0.5);
    if (known === undefined) return;
    const [tag, number] = known;
    requireSame(await (await registry.getTag("app", tag)).bytes(), manifestOf(number));
    const { digest } = await registry.resolveTag("app", tag);
    if (digest !== digestOf(manifestOf(number))) throw new Error("another digest");
  },
  async "list the tags"() {
    const before = [...tags.keys()];
    if (before.length === 0) return;
    const listed = new Set(await collect(registry.tags("app")));
    if (!before.every((tag) => listed.has(tag))) throw new Error("a tag is missing");
  },
  async "mount a blob"() {
    const [number] = [...blobs].sort(() => random() - 0.5);
    if (number === undefined) return;
    const { bytes, digest } = contentOf(number);
    const { size } = await registry.mountBlob("app", "other", digest);
    if (size !== bytes.length) throw new Error("another size");
  },
};

function requireSame(received: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(received, expected) !== 0) throw new Error("other content");
}

const names = Object.keys(calls);
const codes: Map<string, number> = new Map();
const wrong: string[] = [];
let succeeded = 0;
let slowest = 0;
const numbers = Array.from({ length: Number(values.calls) }, (_, i) => i).values();

async function work(): Promise<void> {
  for (const number of numbers) {
    const name = names[Math.floor(random() * names.length)] ?? "";
    const began = performance.now();
    const outcome = await Promise.race([
      calls[name]?.(number).then(
        () => "succeeded",
        (error: unknown) => error,
      ),
      sleep(MOST_MS, "hangs", { ref: false }),
    ]);
    slowest = Math.max(slowest, performance.now() - began);
    if (outcome === "succeeded") succeeded += 1;
    else if (isRegistryError(outcome)) codes.set(outcome.code, (codes.get(outcome.code) ?? 0) + 1);
    else wrong.push(`${name} ${number}: ${String(outcome)}`);
  }
}

await Promise.all(Array.from({ length: Number(values.together) }, work));
await Promise.race([registry.close(), sleep(MOST_MS)]);

const failed = [...codes].map(([code, count]) => `${code} ${count}`).join(", ");
console.log(
  `     seed ${values.seed}; ${[...proxy.faults].map(([name, count]) => `${name}: ${count}`).join(", ")}`,
);
report(
  wrong.length === 0,
  `each of ${values.calls} calls is right, or fails with a code: ${succeeded} right; ${failed}`,
);
for (const text of wrong) console.log(`     ${text}`);
report(succeeded > Number(values.calls) / 2, `more than half of the calls succeed: ${succeeded}`);
report(slowest < MOST_MS, `no call hangs: the slowest took ${Math.round(slowest)} ms`);
const leaks = proxy.elsewhere.filter((headers) => {
  const text = JSON.stringify(headers);
  return "authorization" in headers
    ? headers["authorization"] !== "Bearer from-elsewhere"
    : text.includes(PASSWORD);
});
report(
  leaks.length === 0,
  `no credential leaves its origin, in ${proxy.elsewhere.length} requests elsewhere`,
);
for (const leak of leaks) console.log(`     ${JSON.stringify(leak)}`);
const lost: string[] = [];
for (const number of blobs) {
  const { bytes, digest } = contentOf(number);
  const stored = await layout
    .getBlob("app", digest)
    .then(async (reader) => reader.bytes())
    .catch(() => undefined);
  if (stored === undefined || Buffer.compare(stored, bytes) !== 0) lost.push(digest);
}
for (const [tag, number] of tags)
  if ((await layout.resolveTag("app", tag)).digest !== digestOf(manifestOf(number))) lost.push(tag);
report(lost.length === 0, `every acknowledged push is stored: ${blobs.size} blobs, ${tags.size} tags`);
const findings = (await collect(layout.verify())).filter(({ severity }) => severity === "error");
report(findings.length === 0, "the layout has no damage");

await proxy[Symbol.asyncDispose]();
await server.close(0);
await layout.close();
rmSync(directory, { recursive: true, force: true });
process.exitCode = failures === 0 ? 0 : 1;
