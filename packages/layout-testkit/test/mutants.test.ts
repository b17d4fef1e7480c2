import { expect, it } from "vitest";

import { runConformance } from "../src/index.ts";
import { loadMutants } from "./mutants/load.ts";

// One mutant of each part. mutants.deep.test.ts tests all of them.
const mutants = await loadMutants(1);

it.each(mutants)(
  "the kit catches a registry that $what ($name) with the cases for it",
  async ({ caughtBy, capabilities, create }) => {
    const { results } = await runConformance({
      create,
      capabilities,
      only: caughtBy,
      seed: 1,
      timeoutMs: 1000,
    });
    expect(results.map(({ id, status }) => [id, status])).toEqual(caughtBy.map((id) => [id, "fail"]));
  },
);
