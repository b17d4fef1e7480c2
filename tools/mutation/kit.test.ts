import { openTarget, type ConformanceOptions } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";

// By its path: by its name it would be the sources that nobody put a fault into.
import { openLayout, type LayoutOptions } from "../../packages/layout-core/src/index.ts";

function kitOptions(options: LayoutOptions): ConformanceOptions {
  return {
    // The same calls in every run, so that a fault that was noticed once is noticed again.
    seed: 1,
    runs: 3,
    timeoutMs: 10_000,
    capabilities: { repositoryScopedBlobs: false },
    layoutDirectory: (tempDir) => tempDir,
    create: ({ tempDir }) => openTarget(() => openLayout(tempDir, { durability: "none", ...options })),
  };
}

describeRegistry("a layout", kitOptions({}));

// What its name changes, and not LAYOUT-39, which takes three seconds.
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
