import { readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { allCases, runConformance } from "../src/index.ts";
import { loadMutants } from "./mutants/load.ts";

const mutants = await loadMutants();

describe("the kit", () => {
  it.concurrent.each(mutants)(
    "catches a registry that $what ($name) with the cases for it",
    async ({ caughtBy, capabilities, create }) => {
      const { results } = await runConformance({
        create,
        capabilities,
        only: caughtBy,
        seed: 1,
        timeoutMs: 1000,
      });
      for (const id of caughtBy) {
        const result = results.find((each) => each.id === id);
        expect(result?.status, `${id}: ${result?.message ?? "passes"}`).toBe("fail");
        expect(result?.hint).toMatch(/^why .+\nlook for .+$/);
      }
    },
  );
});

it("every case of the kit catches a mutant", () => {
  // The mutants of the cases about layouts on disk are in layout-core.
  const ids = allCases.filter(({ needsLayout }) => needsLayout !== true).map(({ id }) => id);
  const found = new Set(mutants.flatMap(({ caughtBy }) => caughtBy));
  expect(ids.filter((id) => !found.has(id))).toEqual([]);
});

it("each mutant has a file of its own", () => {
  const root = join(import.meta.dirname, "mutants");
  const files = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(root, name)));
  expect(mutants).toHaveLength(files.length);
});
