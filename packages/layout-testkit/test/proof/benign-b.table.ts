import { describe, expect, it } from "vitest";

import { runConformance } from "../../src/index.ts";
import { benignVariants } from "./benign-b.ts";

describe("a registry that", () => {
  it.concurrent.each(benignVariants)(
    "$what passes",
    async ({ capabilities, create }) => {
      const { results } = await runConformance({ create, capabilities, seed: 1, runs: 5, timeoutMs: 60_000 });
      const wrong = results.filter(({ status }) => status === "fail" || status === "error");
      expect(wrong.map(({ id, message = "" }) => `${id}: ${message}`)).toEqual([]);
    },
    300_000,
  );
});
