import { rmSync } from "node:fs";
import { join } from "node:path";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { compareWithModel } from "@ocilayout/layout-testkit/model";
import { collect } from "@ocilayout/oci-types";
import { harmlessFindings, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout, type LayoutOptions } from "../src/index.ts";

describe("any sequence of calls", () => {
  it.each<[string, LayoutOptions]>([
    ["a layout", {}],
    ["a layout with a default repository", { defaultRepository: "a" }],
    [
      "a layout with full names for its default repository",
      { defaultRepository: "a/b", refNameStyle: "full" },
    ],
  ])("on %s has the results of the in-memory registry, and leaves a clean layout", async (_name, options) => {
    const root = temporaryDirectory();
    let number = 0;
    await compareWithModel({
      createModel: () => createMemoryRegistry({ repositoryScopedBlobs: false }),
      runs: Number(process.env["MODEL_RUNS"] ?? 20),
      create: async () => {
        const directory = join(root, String((number += 1)));
        const registry = await openLayout(directory, { durability: "none", ...options });
        const close = async (): Promise<void> => {
          await registry.close();
          await using again = await openLayout(directory, options);
          const findings = (await collect(again.verify())).filter(
            ({ kind }) => !harmlessFindings.includes(kind),
          );
          rmSync(directory, { recursive: true, force: true });
          expect(findings).toEqual([]);
        };
        return { registry, close };
      },
    });
  });

  it("has the same results if another instance makes each call", async () => {
    const root = temporaryDirectory();
    let number = 0;
    await compareWithModel({
      createModel: () => createMemoryRegistry({ repositoryScopedBlobs: false }),
      runs: Number(process.env["MODEL_RUNS"] ?? 12),
      create: async () => {
        const directory = join(root, String((number += 1)));
        const instances = [
          await openLayout(directory, { durability: "none" }),
          await openLayout(directory, { durability: "none" }),
        ];
        let turn = 0;
        const registry = new Proxy({} as (typeof instances)[0], {
          get: (_target, name) => Reflect.get(instances[(turn += 1) % 2] ?? {}, name) as unknown,
        });
        const close = async (): Promise<void> => {
          for (const instance of instances) await instance.close();
          rmSync(directory, { recursive: true, force: true });
        };
        return { registry, close };
      },
    });
  });
});
