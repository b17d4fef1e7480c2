import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

import { archivedLayout } from "./reread.ts";

// The kit fills a layout, and every read is one of an archive of that layout.
describeRegistry("an archive", {
  // Long enough for a busy machine. A call that hangs still fails.
  timeoutMs: 60_000,
  capabilities: { repositoryScopedBlobs: false, resumableUploads: false },
  create: ({ tempDir }) => archivedLayout(tempDir),
});
