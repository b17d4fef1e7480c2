import { join } from "node:path";

import { openTarget } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

import { openPerRepository } from "../src/index.ts";

describeRegistry("a directory that keeps one layout open", {
  // Long enough for a busy machine. A call that hangs still fails.
  timeoutMs: 60_000,
  only: ["REPOSITORY", "SCOPE", "MOUNT", "UPLOAD", "OPEN"],
  layoutDirectory: (tempDir, repository) => join(tempDir, repository),
  create: ({ tempDir }) => openTarget(() => openPerRepository(tempDir, { maxOpenLayouts: 1 })),
});
