import { openTarget, runConformance } from "@ocilayout/layout-testkit";
import { expect, it } from "vitest";

import { openPerRepository, type PerRepositoryOptions } from "../src/index.ts";

it.each<[string, PerRepositoryOptions]>([
  ["a directory of layouts", {}],
  ["a directory that keeps one layout open", { maxOpenLayouts: 1, durability: "none" }],
])("%s passes every conformance case", async (_name, options) => {
  const report = await runConformance({ runs: 10, create: ({ tempDir }) => openTarget(() => openPerRepository(tempDir, options)) });
  expect(String(report)).toMatch(/^[0-9]+ passed, 0 failed, 0 errors, 0 skipped \(seed [0-9]+\)$/);
});
