import { createMemoryRegistry } from "../src/memory/index.ts";
import { describeRegistry } from "../src/vitest.ts";

// With other options, and in other orders: in conformance.deep.test.ts.
describeRegistry("a registry in memory", {
  create: () => ({ registry: createMemoryRegistry(), reopen: async () => createMemoryRegistry() }),
  capabilities: { persistent: false },
});
