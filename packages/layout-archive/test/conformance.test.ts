import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

import { archivedLayout } from "./reread.ts";

// conformance.deep.test.ts runs all cases.
describeRegistry("an archive", {
  only: ["RANGE", "READ", "TAG", "REFERRER"],
  // Long enough for a busy machine. A call that hangs still fails.
  timeoutMs: 60_000,
  capabilities: { repositoryScopedBlobs: false, resumableUploads: false },
  create: ({ tempDir }) => archivedLayout(tempDir),
});
