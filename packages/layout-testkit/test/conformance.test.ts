import { expect, it } from "vitest";

import { runConformance } from "../src/index.ts";
import { createMemoryRegistry } from "../src/memory/index.ts";

it("the registry in memory passes every case that applies to it", async () => {
  const report = await runConformance({ create: () => ({ registry: createMemoryRegistry(), reopen: async () => createMemoryRegistry() }), capabilities: { persistent: false } });
  expect(String(report)).toMatch(/^[0-9]+ passed, 0 failed, 0 errors, 0 skipped \(seed [0-9]+\)$/);
  expect(report.ok).toBe(true);
});

it("so does one whose blobs are shared", async () => {
  const capabilities = { persistent: false, repositoryScopedBlobs: false };
  const report = await runConformance({ create: () => ({ registry: createMemoryRegistry({ repositoryScopedBlobs: false }), reopen: async () => createMemoryRegistry() }), capabilities });
  expect(String(report)).toMatch(/^[0-9]+ passed, 0 failed, 0 errors, 0 skipped \(seed [0-9]+\)$/);
});
