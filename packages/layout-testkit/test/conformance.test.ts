import { createMemoryRegistry, type MemoryOptions } from "../src/memory/index.ts";
import { describeRegistry } from "../src/vitest.ts";

const memory = (options: MemoryOptions = {}) => ({
  create: () => ({ registry: createMemoryRegistry(options), reopen: async () => createMemoryRegistry(options) }),
});

describeRegistry("a registry in memory", { ...memory(), capabilities: { persistent: false } });
describeRegistry("one whose blobs are shared", { ...memory({ repositoryScopedBlobs: false }), capabilities: { persistent: false, repositoryScopedBlobs: false } });
describeRegistry("one that keeps empty repositories", { ...memory({ keepsEmptyRepositories: true }), capabilities: { persistent: false } });
describeRegistry("one that takes what is sparse", { ...memory({ allowSparse: true }), capabilities: { persistent: false, checksReferences: false } });
