import { rmSync } from "node:fs";
import { join } from "node:path";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { compareWithModel } from "@ocilayout/layout-testkit/model";
import { collect } from "@ocilayout/oci-types";
import { harmlessFindings, temporaryDirectory } from "@ocilayout/testing";
import { expect, it } from "vitest";

import { openPerRepository } from "../src/index.ts";

it.each([1, 64])(
  "any sequence of calls has the results of the in-memory registry, with %i layouts kept open, and leaves clean layouts",
  async (maxOpenLayouts) => {
    const root = temporaryDirectory();
    let number = 0;
    await compareWithModel({
      createModel: () => createMemoryRegistry({ keepsEmptyRepositories: true }),
      runs: Number(process.env["MODEL_RUNS"] ?? 20),
      create: async () => {
        const directory = join(root, String((number += 1)));
        const registry = await openPerRepository(directory, { durability: "none", maxOpenLayouts });
        const close = async (): Promise<void> => {
          await registry.close();
          await using again = await openPerRepository(directory);
          const findings = (await collect(again.verify())).filter(
            ({ kind }) => !harmlessFindings.includes(kind),
          );
          rmSync(directory, { recursive: true, force: true });
          expect(findings).toEqual([]);
        };
        return { registry, close };
      },
    });
  },
);
