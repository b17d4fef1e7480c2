import { openTarget, type ConformanceOptions } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

// Stryker changes the file at this path. The package's name leads to the unchanged sources.
import { openLayout, type LayoutOptions } from "../../packages/layout-core/src/index.ts";

function kitOptions(options: LayoutOptions): ConformanceOptions {
  return {
    // A fixed seed makes the same calls in every run, so the results are repeatable.
    seed: 1,
    runs: 3,
    timeoutMs: 10_000,
    capabilities: { repositoryScopedBlobs: false },
    layoutDirectory: (tempDir) => tempDir,
    create: ({ tempDir }) => openTarget(() => openLayout(tempDir, { durability: "none", ...options })),
  };
}

describeRegistry("a layout", kitOptions({}));

// Only the cases that a default repository affects, without LAYOUT-39, which takes three seconds.
describeRegistry("a layout with a default repository", {
  ...kitOptions({ defaultRepository: "conformance/a" }),
  only: [
    "LAYOUT-0",
    "LAYOUT-1",
    "LAYOUT-2",
    "LAYOUT-44",
    "LAYOUT-45",
    "LAYOUT-46",
    "TAG",
    "LIST",
    "REPOSITORY",
  ],
});
