import { expect, it } from "vitest";

import { formatSize } from "../src/output/text.ts";

it("sizes are printed in the unit that keeps them short", () => {
  expect([0, 999, 1000, 12_345, 1_500_000].map(formatSize)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "12.3 kB",
    "1.5 MB",
  ]);
});
