import { availableParallelism } from "node:os";
import { join } from "node:path";

import { configDefaults, defineConfig } from "vitest/config";

const conditions = ["@ocilayout/source"];

/** Files that change the state of their process. Each runs in a process of its own; all others share one process per core. */
const alone = [
  "tools/interop/test/command-copy.deep.test.ts", // the environment
  "apps/ocilayout/test/readme.test.ts", // the working directory
  "packages/layout-core/test/opening.test.ts", // the umask
  "packages/layout-core/test/reported-effects.test.ts", // spies on a class
  "packages/layout-core/test/open-files.test.ts", // counts the open files of its process
  "packages/layout-core/test/upload-disk.test.ts", // counts the open files of its process
  "packages/layout-per-repo/test/obstacles.test.ts", // the user
  "tools/readme/test/examples.test.ts", // the working directory, the console
  "tools/readme/test/jobs.test.ts", // the working directory, the console
];

/**
 * Returns a configuration for the tests whose paths do not match `without`. `setupFiles` run before each file, and at most
 * `maxWorkers` files at once.
 */
export function configure({ without = [], setupFiles = [], maxWorkers = availableParallelism() } = {}) {
  const exclude = [...configDefaults.exclude, ...without];
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      // The default is one fewer, which is half of a machine with two cores. Most tests wait for the disk.
      maxWorkers,
      // Long enough for a slow machine. A test that hangs still fails.
      testTimeout: 120_000,
      setupFiles,
      // The default is one second, which is too short on a busy machine.
      expect: { poll: { timeout: 20_000 } },
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
            exclude: [...exclude, ...alone],
            isolate: false,
          },
        },
        { extends: true, test: { name: "alone", include: alone, exclude } },
      ],
    },
  });
}

/** `pnpm test` runs the fast tests. Files named `*.deep.test.ts` run in `pnpm test:all` only. */
export default configure({
  without: ["**/*.deep.test.ts"],
  // Fast tests wait for the disk and for servers most of the time, so one more keeps the cores busy.
  maxWorkers: availableParallelism() + 1,
  setupFiles: [join(import.meta.dirname, "packages/layout-core/test/short-waits.ts")],
});
