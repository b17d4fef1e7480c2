import { openTarget, runConformance } from "@ocilayout/layout-testkit";
import { expect, it } from "vitest";

import { openLayout, type LayoutOptions } from "../src/index.ts";

it.each<[string, LayoutOptions]>([
  ["a layout", {}],
  ["a layout whose default repository is the one that is used", { defaultRepository: "conformance/a" }],
  ["a layout that writes full names there, too", { defaultRepository: "conformance/a", refNameStyle: "full" }],
])("%s is on disk what the kit demands", async (_name, options) => {
  const report = await runConformance({
    only: ["LAYOUT"],
    layoutDirectory: (tempDir) => tempDir,
    capabilities: { repositoryScopedBlobs: false },
    create: ({ tempDir }) => openTarget(() => openLayout(tempDir, { durability: "none", ...options })),
  });
  expect(String(report)).toMatch(/^[0-9]+ passed, 0 failed, 0 errors, 0 skipped \(seed [0-9]+\)$/);
});

it("a layout that is told not to verify what it reads fails the two cases about that, and no other", async () => {
  const skip = { "LAYOUT-28": "verifyOnRead is false", "LAYOUT-29": "verifyOnRead is false" };
  const report = await runConformance({
    only: ["LAYOUT"],
    skip,
    layoutDirectory: (tempDir) => tempDir,
    capabilities: { repositoryScopedBlobs: false },
    create: ({ tempDir }) => openTarget(() => openLayout(tempDir, { durability: "none", verifyOnRead: false })),
  });
  expect(report.ok, String(report)).toBe(true);
  expect(report.results.filter(({ status }) => status === "skip").map(({ id, isStale }) => [id, isStale])).toEqual(Object.keys(skip).map((id) => [id, false]));
});
