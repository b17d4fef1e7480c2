import { afterAll, describe, expect, it } from "vitest";

import { allCases, runConformance } from "../../src/index.ts";
import { loadMutants } from "../mutants/load.ts";
import type { Mutant } from "../mutants/mutant.ts";
import { readTable, writeRows } from "./table.ts";

/** Whether the table is rewritten instead of compared. */
const isWriting = process.env["WRITE"] !== undefined;

/** The results of these cases depend on timing, so a row contains them only if its mutant names them. */
const RACES = /^(TOGETHER-|SIGNAL-07|OPEN-03)/;

/** All cases but those that push megabytes, which detect few additional mutants. */
const quickCases: readonly string[] = allCases
  .map(({ id }) => id)
  .filter((id) => id !== "SOURCE-02" && id !== "MANIFEST-14");

/** Runs every case on one half of the mutants and compares the results with the table. */
export async function checkHalf(half: 0 | 1): Promise<void> {
  const mutants = (await loadMutants()).filter((_, i) => i % 2 === half);
  const table = readTable();
  const rows: Map<string, string> = new Map();

  describe("the table names the cases that catch a registry that", () => {
    it.each(mutants)("$what ($name)", async (mutant) => {
      const row = `${mutant.what} | ${mutant.caughtBy.join(", ")} | ${(await alsoFoundBy(mutant)).join(", ")}`;
      rows.set(mutant.name, row);
      if (!isWriting) expect(row).toBe(table.get(mutant.name));
    });
  });

  afterAll(() => {
    if (isWriting) writeRows(rows);
  });
}

/** Returns the other cases that fail. The random calls are left out: they may detect any mutant. */
async function alsoFoundBy({ caughtBy, capabilities, create }: Mutant): Promise<string[]> {
  const { results } = await runConformance({
    create,
    capabilities,
    only: quickCases,
    seed: 1,
    runs: 0,
    timeoutMs: 500,
  });
  const failed = results.filter(({ status }) => status === "fail" || status === "error").map(({ id }) => id);
  return failed.filter((id) => !caughtBy.includes(id) && !RACES.test(id));
}
