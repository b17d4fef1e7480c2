import { defineConfig } from "vitest/config";

const conditions = ["@ocilayout/source"];

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["*.table.ts"],
    testTimeout: 60_000,
    maxWorkers: 2,
  },
});
