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
    // The targets run one after the other, because the growth target measures time.
    fileParallelism: false,
    reporters: ["verbose"],
  },
});
