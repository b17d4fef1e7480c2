import { join } from "node:path";

import { openTarget, type ConformanceOptions } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

import { openPerRepository, type PerRepositoryOptions } from "../src/index.ts";

function kitOptions(options: PerRepositoryOptions): ConformanceOptions {
  return {
    // Random calls are compared at length in model.test.ts.
    runs: 3,
    layoutDirectory: (tempDir, repository) => join(tempDir, repository),
    create: ({ tempDir }) => openTarget(() => openPerRepository(tempDir, options)),
  };
}

describeRegistry("a directory of layouts", kitOptions({ durability: "none" }));

describeRegistry("a directory that keeps one layout open", {
  ...kitOptions({ maxOpenLayouts: 1 }),
  only: ["REPOSITORY", "SCOPE", "MOUNT", "UPLOAD", "OPEN"],
});
