import { defineConfig } from "vitest/config";

const conditions = ["@ocilayout/source"];

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["targets/*.fuzz.ts"],
    setupFiles: ["targets/no-waits.ts"],
    testTimeout: 3_600_000,
    // One target after the other: the growth of the time taken is a target itself.
    fileParallelism: false,
    reporters: ["verbose"],
  },
});
