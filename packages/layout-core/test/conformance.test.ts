import { openTarget } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

import { openLayout } from "../src/index.ts";

// conformance.deep.test.ts runs with other options, and with the default durability.
describeRegistry("a layout", {
  // model.deep.test.ts compares more random calls.
  runs: 3,
  // Long enough for a busy machine. A call that hangs still fails.
  timeoutMs: 60_000,
  capabilities: { repositoryScopedBlobs: false },
  layoutDirectory: (tempDir) => tempDir,
  create: ({ tempDir }) => openTarget(() => openLayout(tempDir, { durability: "none" })),
});
