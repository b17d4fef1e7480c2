import { openTarget, runConformance, type ConformanceOptions } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";
import { expect, it } from "vitest";

import { openLayout, type LayoutOptions } from "../src/index.ts";

function kitOptions(options: LayoutOptions): ConformanceOptions {
  return {
    // model.deep.test.ts compares more random calls.
    runs: 3,
    // Long enough for a busy machine. A call that hangs still fails.
    timeoutMs: 60_000,
    capabilities: { repositoryScopedBlobs: false },
    layoutDirectory: (tempDir) => tempDir,
    create: ({ tempDir }) => openTarget(() => openLayout(tempDir, options)),
  };
}

describeRegistry("a layout that flushes what it writes", kitOptions({}));

describeRegistry("a layout with a default repository", {
  ...kitOptions({ defaultRepository: "conformance/a", durability: "none" }),
  only: ["LAYOUT", "TAG", "LIST", "REPOSITORY", "DELETE", "REFERRER", "OPEN", "MODEL"],
});

describeRegistry("a layout that writes full names for its default repository", {
  ...kitOptions({ defaultRepository: "conformance/a", refNameStyle: "full", durability: "none" }),
  only: ["LAYOUT", "TAG"],
});

it("a layout with verifyOnRead: false fails the two cases about verified reads and no others", async () => {
  const skip = { "LAYOUT-28": "verifyOnRead is false", "LAYOUT-29": "verifyOnRead is false" };
  const report = await runConformance({
    ...kitOptions({ durability: "none", verifyOnRead: false }),
    skip,
    only: ["BLOB", "READ", "RANGE", "LAYOUT"],
  });
  expect(report.ok, String(report)).toBe(true);
  const skipped = report.results.filter(({ status }) => status === "skip");
  expect(skipped.map(({ id, isStale }) => [id, isStale])).toEqual(Object.keys(skip).map((id) => [id, false]));
});
