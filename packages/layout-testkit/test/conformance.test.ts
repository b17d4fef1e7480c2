import { createMemoryRegistry } from "../src/memory/index.ts";
import { describeRegistry } from "../src/vitest.ts";

// conformance.deep.test.ts uses other options and orders.
describeRegistry("a registry in memory", {
  create: () => ({ registry: createMemoryRegistry(), reopen: async () => createMemoryRegistry() }),
  capabilities: { persistent: false },
});
