import { openTarget, runConformance } from "@ocilayout/layout-testkit";
import { expect, it } from "vitest";

import { openLayout, type LayoutOptions } from "../src/index.ts";

it.each<[string, LayoutOptions]>([
  ["a layout", {}],
  ["a layout with a default repository", { defaultRepository: "conformance/a" }],
  ["a layout without the checks of reading", { verifyOnRead: false, durability: "none" }],
])("%s passes every conformance case", async (_name, options) => {
  const report = await runConformance({
    runs: 10,
    capabilities: { repositoryScopedBlobs: false },
    create: ({ tempDir }) => openTarget(() => openLayout(tempDir, options)),
  });
  expect(String(report)).toMatch(/^[0-9]+ passed, 0 failed, 0 errors, 0 skipped \(seed [0-9]+\)$/);
});
