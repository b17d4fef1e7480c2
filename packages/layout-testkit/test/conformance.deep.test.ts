import { expect, it } from "vitest";

import { runConformance } from "../src/index.ts";
import { createMemoryRegistry } from "../src/memory/index.ts";

// CI shuffles twenty times.
const shuffles = Number(process.env["SHUFFLES"] ?? 3);

const create = () => ({ registry: createMemoryRegistry(), reopen: async () => createMemoryRegistry() });

it(`cases do not depend on their order: shuffled ${shuffles} times, none fails`, async () => {
  for (let seed = 0; seed < shuffles; seed += 1) {
    const report = await runConformance({ create, capabilities: { persistent: false }, shuffle: true, seed, runs: 2 });
    expect(report.ok, String(report)).toBe(true);
  }
}, 120_000);
