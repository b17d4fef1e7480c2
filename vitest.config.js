import { availableParallelism } from "node:os";
import { join } from "node:path";

import { configDefaults, defineConfig } from "vitest/config";

const conditions = ["@ocilayout/source"];

/** Files that need a process of their own, or leave its state changed. All others share one process per worker, one after the other. */
const alone = [
  "tools/interop/test/command-copy.deep.test.ts", // the environment
  "packages/layout-core/test/open-files.test.ts", // counts the open files of its process
  "packages/layout-core/test/upload-disk.test.ts", // counts the open files of its process
  "packages/layout-per-repo/test/obstacles.deep.test.ts", // the user
];

/** Files that limit times. They run at the end, one after the other, so that no other test takes their time. */
const measured = ["packages/layout-archive/test/hostile-archives.deep.test.ts"];

/** Puts temporary files in memory. */
const inMemory = { globalSetup: [join(import.meta.dirname, "tools/testing/src/files-in-memory.ts")] };

/**
 * Returns a configuration for the tests whose paths do not match `without`. At most `maxWorkers` files run at once.
 * `more` has further options of Vitest.
 */
export function configure({ without = [], maxWorkers = availableParallelism(), more = inMemory } = {}) {
  const exclude = [...configDefaults.exclude, ...without];
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      // The default is one fewer, which is half of a machine with two cores. Most tests wait for the disk.
      maxWorkers,
      // Long enough for a slow machine. A test that hangs still fails.
      testTimeout: 120_000,
      // The default is one second, which is too short on a busy machine.
      expect: { poll: { timeout: 20_000 } },
      ...more,
      projects: [
        {
          extends: true,
          test: {
            name: "together",
            include: [
              "packages/*/test/**/*.test.ts",
              "apps/*/test/**/*.test.ts",
              "tools/*/test/**/*.test.ts",
            ],
            exclude: [...exclude, ...alone, ...measured],
            isolate: false,
          },
        },
        { extends: true, test: { name: "alone", include: alone, exclude } },
        {
          extends: true,
          test: {
            name: "measured",
            include: measured,
            exclude,
            fileParallelism: false,
            sequence: { groupOrder: 1 },
          },
        },
      ],
    },
  });
}

/** `pnpm test` runs the fast tests. Files named `*.deep.test.ts` run in `pnpm test:all` only. */
export default configure({
  without: ["**/*.deep.test.ts"],
  // Fast tests wait for the disk and for servers most of the time, so one more keeps the cores busy.
  maxWorkers: availableParallelism() + 1,
  more: {
    // The default is 16. Tests make much short-lived data, so V8 collects it less often.
    execArgv: ["--max-semi-space-size=32"],
    setupFiles: [join(import.meta.dirname, "packages/layout-core/test/short-waits.ts")],
    ...inMemory,
  },
});
