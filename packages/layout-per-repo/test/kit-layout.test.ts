import { join } from "node:path";

import { openTarget, runConformance } from "@ocilayout/layout-testkit";
import { expect, it } from "vitest";

import { openPerRepository } from "../src/index.ts";

it("each repository's layout is on disk what the kit demands", async () => {
  const report = await runConformance({
    only: ["LAYOUT"],
    layoutDirectory: (tempDir, repository) => join(tempDir, repository),
    create: ({ tempDir }) => openTarget(() => openPerRepository(tempDir, { durability: "none" })),
  });
  expect(String(report)).toMatch(/^[0-9]+ passed, 0 failed, 0 errors, 0 skipped \(seed [0-9]+\)$/);
});
