import { openTarget } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

import { openLayout } from "../src/index.ts";

// With other options, and as durable as by default: in conformance.deep.test.ts.
describeRegistry("a layout", {
  // Random calls are compared at length in model.deep.test.ts.
  runs: 3,
  capabilities: { repositoryScopedBlobs: false },
  layoutDirectory: (tempDir) => tempDir,
  create: ({ tempDir }) => openTarget(() => openLayout(tempDir, { durability: "none" })),
});
