import { expect, it } from "vitest";

import { runConformance } from "../src/index.ts";
import { createMemoryRegistry, type MemoryOptions } from "../src/memory/index.ts";
import { describeRegistry } from "../src/vitest.ts";

const memory = (options: MemoryOptions = {}) => ({
  create: () => ({
    registry: createMemoryRegistry(options),
    reopen: async () => createMemoryRegistry(options),
  }),
});

describeRegistry("a registry in memory with shared blobs", {
  ...memory({ repositoryScopedBlobs: false }),
  capabilities: { persistent: false, repositoryScopedBlobs: false },
});
describeRegistry("a registry in memory that keeps empty repositories", {
  ...memory({ keepsEmptyRepositories: true }),
  capabilities: { persistent: false },
});
describeRegistry("a registry in memory that accepts sparse images", {
  ...memory({ allowSparse: true }),
  capabilities: { persistent: false, checksReferences: false },
});

// CI shuffles twenty times.
const shuffles = Number(process.env["SHUFFLES"] ?? 3);

it(`cases do not depend on their order: none fails when shuffled ${shuffles} times`, async () => {
  for (let seed = 0; seed < shuffles; seed += 1) {
    const report = await runConformance({
      ...memory(),
      capabilities: { persistent: false },
      shuffle: true,
      seed,
      runs: 2,
    });
    expect(report.ok, String(report)).toBe(true);
  }
}, 120_000);
