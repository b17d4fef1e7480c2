import { describe, expect, it } from "vitest";

import { runConformance } from "../../src/index.ts";
import type { ConformanceTarget } from "../../src/index.ts";
import { createMemoryRegistry } from "../../src/memory/index.ts";
import { benign } from "./benign-a.ts";

describe("a registry that keeps the contract passes, even one that", () => {
  it.concurrent.each(benign)(
    "$what",
    async ({ capabilities, memory, before, change }) => {
      const create = async (): Promise<ConformanceTarget> => {
        await before?.();
        const whole = { ...createMemoryRegistry(memory), capabilities: undefined };
        return { registry: change(whole), reopen: async () => change(whole) };
      };
      const report = await runConformance({ create, capabilities, seed: 1, runs: 1, timeoutMs: 30_000 });
      expect(String(report)).toMatch(/^[0-9]+ passed, 0 failed, 0 errors, 0 skipped \(seed 1\)$/);
    },
    240_000,
  );
});
