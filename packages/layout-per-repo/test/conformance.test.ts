import { join } from "node:path";

import { openTarget } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

import { openPerRepository } from "../src/index.ts";

// The layouts pass the whole kit in layout-core, and this directory in conformance.deep.test.ts.
describeRegistry("a directory that keeps one layout open", {
  // Long enough for a busy machine. A call that hangs still fails.
  timeoutMs: 60_000,
  only: ["REPOSITORY", "SCOPE", "MOUNT", "OPEN"],
  layoutDirectory: (tempDir, repository) => join(tempDir, repository),
  create: ({ tempDir }) =>
    openTarget(() => openPerRepository(tempDir, { durability: "none", maxOpenLayouts: 1 })),
});
