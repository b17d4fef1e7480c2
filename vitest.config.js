import { availableParallelism } from "node:os";
import { join } from "node:path";

import { configDefaults, defineConfig } from "vitest/config";

const conditions = ["@ocilayout/source"];

/** Tests that change the state of their process, each in a process of its own. All others share one per core. */
const alone = [
  "apps/demo/test/push-pull.test.ts", // the working directory
  "apps/demo/test/readme.test.ts", // the working directory
  "packages/layout-core/test/opening.test.ts", // the umask
  "packages/layout-core/test/reported-effects.test.ts", // spies on a class
  "packages/layout-per-repo/test/obstacles.test.ts", // the user
  "tools/readme/test/examples.test.ts", // the working directory, the console
];

/** The configuration of the tests, less those whose paths match `without`. Each file runs after `setupFiles`. */
export function configure({ without = [], setupFiles = [] } = {}) {
  const exclude = [...configDefaults.exclude, ...without];
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      // One fewer, the default, is half of them on a machine of two; most tests wait for the disk anyway.
      maxWorkers: availableParallelism(),
      // A test that hangs fails in the end; a slow machine fails none.
      testTimeout: 120_000,
      setupFiles,
      // A busy machine may take more than the second of the default.
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

/** `pnpm test`: what a change needs. Files called `*.deep.test.ts` run in `pnpm test:all` only. */
export default configure({
  without: ["**/*.deep.test.ts"],
  setupFiles: [join(import.meta.dirname, "packages/layout-core/test/short-waits.ts")],
});
