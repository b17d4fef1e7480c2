import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";

export default {
  create: () => ({ registry: createMemoryRegistry() }),
  capabilities: { persistent: false },
  only: ["BLOB", "READ", "RANGE", "TAG", "MODEL"],
  runs: 2,
  seed: 1,
};
