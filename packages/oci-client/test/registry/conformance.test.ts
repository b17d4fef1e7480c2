import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

import { servedTarget } from "./served.ts";

describeRegistry("a client of a server over a registry in memory", {
  create: async () => servedTarget(async () => createMemoryRegistry()),
  capabilities: { persistent: false },
  runs: 3,
  // Long enough for a busy machine. A call that hangs still fails.
  timeoutMs: 60_000,
});
