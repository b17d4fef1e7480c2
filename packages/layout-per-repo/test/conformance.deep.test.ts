import { join } from "node:path";

import { openTarget } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

import { openPerRepository } from "../src/index.ts";

describeRegistry("a directory of layouts", {
  // model.deep.test.ts compares more random calls.
  runs: 3,
  // Long enough for a busy machine. A call that hangs still fails.
  timeoutMs: 60_000,
  layoutDirectory: (tempDir, repository) => join(tempDir, repository),
  create: ({ tempDir }) => openTarget(() => openPerRepository(tempDir)),
});
