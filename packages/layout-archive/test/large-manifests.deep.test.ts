import { readFileSync } from "node:fs";
import { join } from "node:path";

import { artifact, pushContent } from "@ocilayout/layout-testkit/content";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import type { Registry } from "@ocilayout/oci-types";
import { temporaryDirectory } from "@ocilayout/testing";
import { expect, it } from "vitest";

import { writeArchive } from "../src/index.ts";

/** More than a copy keeps in memory: it reads the last one again before it pushes it. */
const REFERRERS = 6;
const REFERRER_BYTES = 3 * 1024 * 1024;

it("writes the same bytes if a manifest that is read again arrives late", async () => {
  const registry = createMemoryRegistry();
  const subject = await pushContent(registry, "app", artifact({}), { tags: ["v1"] });
  for (let count = 0; count < REFERRERS; count += 1) {
    const annotations = { text: String(count).repeat(REFERRER_BYTES) };
    await pushContent(registry, "app", artifact({ subject, annotations }));
  }
  const read: Map<string, number> = new Map();
  const late: Registry = {
    ...registry,
    getManifest: async (repository, digest, options) => {
      const times = (read.get(digest) ?? 0) + 1;
      read.set(digest, times);
      if (times === 2) for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
      return registry.getManifest(repository, digest, options);
    },
  };
  const write = async (from: Registry): Promise<Buffer> => {
    const path = join(temporaryDirectory(), "archive.tar");
    await writeArchive(path, [{ registry: from, repository: "app", reference: "v1" }], { referrers: true });
    return readFileSync(path);
  };
  expect((await write(late)).equals(await write(registry))).toBe(true);
  expect(Math.max(...read.values())).toBe(2);
});
