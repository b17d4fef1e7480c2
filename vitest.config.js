import { availableParallelism } from "node:os";

import { defineConfig } from "vitest/config";

const conditions = ["@ocilayout/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "tools/*/test/**/*.test.ts"],
    // One fewer, the default, is half of them on a machine of two; most tests wait for the disk anyway.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
  },
});
