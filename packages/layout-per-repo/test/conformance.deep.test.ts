import { join } from "node:path";

import { openTarget } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

import { openPerRepository } from "../src/index.ts";

describeRegistry("a directory that keeps one layout open", {
  only: ["REPOSITORY", "SCOPE", "MOUNT", "UPLOAD", "OPEN"],
  layoutDirectory: (tempDir, repository) => join(tempDir, repository),
  create: ({ tempDir }) => openTarget(() => openPerRepository(tempDir, { maxOpenLayouts: 1 })),
});
