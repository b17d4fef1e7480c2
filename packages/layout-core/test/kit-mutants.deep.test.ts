import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

import { allCases, runConformance } from "@ocilayout/layout-testkit";
import { describe, expect, it } from "vitest";

import type { LayoutMutant } from "./kit-mutant.ts";

const mutants = await Promise.all(
  readdirSync(join(import.meta.dirname, "kit-mutants")).map(async (name) => {
    const { default: mutant } = (await import(`./kit-mutants/${basename(name, ".ts")}.ts`)) as {
      readonly default: LayoutMutant;
    };
    return mutant;
  }),
);

describe("the kit", () => {
  it.each(mutants.map(({ what, caughtBy, create }) => [what, caughtBy, create] as const))(
    "catches a layout that %s with %j",
    async (_what, caughtBy, create) => {
      const report = await runConformance({
        only: caughtBy,
        layoutDirectory: (tempDir) => tempDir,
        capabilities: { repositoryScopedBlobs: false },
        create: ({ tempDir }) => create(tempDir),
      });
      expect(
        report.results.map(({ id, status }) => [id, status]),
        String(report),
      ).toEqual(caughtBy.map((id) => [id, "fail"]));
    },
  );
});

it("every case of the kit about one layout on disk catches a mutant", () => {
  // Cases about a directory of layouts have mutants in layout-per-repo.
  const aboutOne = allCases.filter(
    ({ needsLayout, needs = [] }) => needsLayout === true && !needs.includes("repositoryScopedBlobs"),
  );
  const cases = aboutOne.map(({ id }) => id);
  expect(new Set(mutants.flatMap(({ caughtBy }) => caughtBy))).toEqual(new Set(cases));
});
