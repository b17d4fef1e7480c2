import { existsSync } from "node:fs";

import { expect, it } from "vitest";

import { runConformance } from "../src/index.ts";
import { createMemoryRegistry } from "../src/memory/index.ts";

it.each([
  ["are all created", 0],
  ["are created except one", 2],
  ["are never created", 1],
])("no directory remains of targets that %s", async (_title, failing) => {
  const places: string[] = [];
  await runConformance({
    only: ["BLOB-01", "MODEL"],
    runs: 2,
    create: ({ tempDir }) => {
      places.push(tempDir);
      expect(existsSync(tempDir)).toBe(true);
      if (failing > 0 && places.length > failing) throw new Error("no more targets");
      return { registry: createMemoryRegistry() };
    },
  });
  expect(places.length).toBeGreaterThan(1);
  expect(places.filter((place) => existsSync(place))).toEqual([]);
});
