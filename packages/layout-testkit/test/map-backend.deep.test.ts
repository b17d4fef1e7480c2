import { expect, it } from "vitest";

import { runConformance } from "../src/index.ts";
import { describeRegistry } from "../src/vitest.ts";
import { createMapRegistry } from "./map-backend.ts";
import { createNaiveRegistry } from "./naive-backend.ts";

describeRegistry("a registry over a Map, made with defineBackend", {
  create: () => ({ registry: createMapRegistry(), reopen: async () => createMapRegistry() }),
});

it("fails at most ten cases if its author knows the README of oci-backend and not the contract", async () => {
  const { results } = await runConformance({
    create: () => ({ registry: createNaiveRegistry() }),
    seed: 1,
    runs: 5,
  });
  const failed = results.filter(({ status }) => status === "fail" || status === "error");
  expect(failed.map(({ id }) => id).length, String(failed.map(({ id }) => id))).toBeLessThanOrEqual(10);
  expect(results.length).toBeGreaterThan(200);
});
