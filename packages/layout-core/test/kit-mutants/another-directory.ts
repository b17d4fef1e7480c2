import { join } from "node:path";

import { openTarget } from "@ocilayout/layout-testkit";

import { openLayout } from "../../src/index.ts";
import type { LayoutMutant } from "../kit-mutant.ts";

export default {
  what: "keeps its layout in another directory than its own",
  caughtBy: ["LAYOUT-01", "LAYOUT-03", "LAYOUT-04", "LAYOUT-12"],
  create: (tempDir) => openTarget(() => openLayout(join(tempDir, "inside"), { durability: "none" })),
} satisfies LayoutMutant;
