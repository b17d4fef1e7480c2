import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";

import { servedTarget } from "./served.ts";

// Long enough for a busy machine. A call that hangs still fails.
const timeoutMs = 60_000;

describeRegistry("a client of a server over a layout", {
  create: async ({ tempDir }) => servedTarget(() => openLayout(tempDir, { durability: "none" })),
  capabilities: { repositoryScopedBlobs: false },
  runs: 3,
  timeoutMs,
});

describeRegistry("a client of a server over a directory of layouts", {
  create: async ({ tempDir }) => servedTarget(() => openPerRepository(tempDir, { durability: "none" })),
  runs: 3,
  timeoutMs,
});

describeRegistry("a client that pushes in chunks, of a server over a registry in memory", {
  create: async () =>
    servedTarget(async () => createMemoryRegistry(), { uploads: "chunked", chunkSize: 8192 }),
  capabilities: { persistent: false },
  runs: 3,
  timeoutMs,
});

// client → server → client → server.
describeRegistry("a client of a server over a client of a server", {
  create: async () =>
    servedTarget(async () => {
      const target = await servedTarget(async () => createMemoryRegistry());
      return Object.assign(target.registry, {
        async [Symbol.asyncDispose]() {
          await target[Symbol.asyncDispose]?.();
        },
      });
    }),
  capabilities: { persistent: false },
  runs: 3,
  timeoutMs,
});
