import { join } from "node:path";

import { openTarget } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

import { openPerRepository } from "../src/index.ts";

// One that keeps a single layout open: in conformance.deep.test.ts.
describeRegistry("a directory of layouts", {
  // Random calls are compared at length in model.deep.test.ts.
  runs: 3,
  layoutDirectory: (tempDir, repository) => join(tempDir, repository),
  create: ({ tempDir }) => openTarget(() => openPerRepository(tempDir, { durability: "none" })),
});
