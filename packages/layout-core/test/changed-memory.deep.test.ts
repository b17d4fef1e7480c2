import { Worker } from "node:worker_threads";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { computeDigest, isRegistryError, octetStream, type Registry } from "@ocilayout/oci-types";
import { freshLayout } from "@ocilayout/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BLOCK_BYTES } from "../src/blobs/chunk-writer.ts";
import { nodeDisk } from "../src/disk/disk.ts";
import { openLayout } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";

const MIB = 1024 * 1024;

const registries: readonly [string, () => Promise<Registry>][] = [
  ["a layout", () => openLayout(freshLayout(), { durability: "none" })],
  ["memory", async () => createMemoryRegistry()],
];

/** Fails unless the content stored under `digest` matches it. */
async function expectRight(registry: Registry, digest: string): Promise<void> {
  const stored = await (await registry.getBlob("a", digest)).bytes();
  expect((await computeDigest(stored)).digest).toBe(digest);
}

// clause 6
describe.each(registries)(
  "when memory changes during a write, %s never stores bytes under a digest that they do not match",
  (_name, open) => {
    const shared = new Uint8Array(new SharedArrayBuffer(2 * MIB));
    let worker: Worker;
    beforeAll(() => {
      worker = new Worker(
        "const { workerData: v } = require('node:worker_threads'); for (let i = 0; ; i = (i + 4096) % v.length) v[i] += 1;",
        {
          eval: true,
          workerData: shared,
        },
      );
    });
    afterAll(() => worker.terminate());

    it("in pushBlob, if the caller changes it", async () => {
      const registry = await open();
      let acknowledged = 0;
      for (let i = 0; i < 40; i += 1) {
        const content = Buffer.alloc(2 * MIB, i);
        const { digest } = await computeDigest(content);
        const pushed = registry.pushBlob("a", { digest }, content).then(
          () => true,
          (error: unknown) => {
            expect(isRegistryError(error, "DIGEST_INVALID")).toBe(true);
            return false;
          },
        );
        for (let turns = 0; turns < i; turns += 1) await new Promise((resolve) => setImmediate(resolve));
        // However busy the machine is, the last push ends before the change.
        if (i === 39) await pushed;
        content.fill(255);
        if (!(await pushed)) continue;
        acknowledged += 1;
        await expectRight(registry, digest);
      }
      expect(acknowledged).toBeGreaterThan(0);
    });

    it("in an upload, if another thread changes it", async () => {
      const registry = await open();
      for (let i = 0; i < 20; i += 1) {
        const writer = await registry.pushBlobChunked("a");
        await writer.write(shared);
        const refused: unknown = await writer
          .commit(`sha256:${"0".repeat(64)}`)
          .catch((error: unknown) => error);
        const { received } = (isRegistryError(refused) ? refused.detail : undefined) as { received: string };
        await writer.commit(received);
        await expectRight(registry, received);
      }
    });

    it("in pushManifest, if another thread changes it", async () => {
      const registry = await open();
      for (let i = 0; i < 20; i += 1) {
        const { digest } = await registry.pushManifest("a", shared.subarray(0, MIB), octetStream);
        const stored = await (await registry.getManifest("a", digest)).bytes();
        expect((await computeDigest(stored)).digest).toBe(digest);
      }
    });
  },
);

it("pushBlob rejects and closes its file when a write fails while the next block is filled", async () => {
  const open: Set<number> = new Set();
  const registry = openLayoutOn(
    {
      ...nodeDisk,
      open: async (path, flags) => {
        const file = await nodeDisk.open(path, flags);
        open.add(file);
        return file;
      },
      write: async (file, bytes, position) => {
        if (bytes.length < BLOCK_BYTES) return nodeDisk.write(file, bytes, position);
        await new Promise((resolve) => setImmediate(resolve));
        expect(open.has(file)).toBe(true);
        throw Object.assign(new Error("EIO"), { code: "EIO", syscall: "write" });
      },
      close: async (file) => {
        open.delete(file);
        return nodeDisk.close(file);
      },
    },
    freshLayout(),
    { durability: "none" },
  );
  const content = new Uint8Array(3 * MIB);
  await expect(
    registry.pushBlob("a", { digest: (await computeDigest(content)).digest }, content),
  ).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  await expect(
    registry.pushBlob("a", { digest: (await computeDigest(content)).digest, size: MIB }, [
      content.subarray(MIB),
      content,
    ]),
  ).rejects.toMatchObject({ code: /SIZE_INVALID|STORAGE_FAILED/ });
  await registry.close();
  expect(open.size).toBe(0);
});
