import { runConformance } from "@ocilayout/layout-testkit";
import { expect, it } from "vitest";

import { openPerRepository, type PerRepositoryRegistry, type PerRepositoryOptions } from "../src/index.ts";

it.each<[string, PerRepositoryOptions]>([
  ["a directory of layouts", {}],
  ["a directory that keeps one layout open", { maxOpenLayouts: 1, durability: "none" }],
])("%s passes every conformance case", async (_name, options) => {
  const report = await runConformance({
    create: async ({ tempDir }) => {
      const opened: PerRepositoryRegistry[] = [];
      const open = async (): Promise<PerRepositoryRegistry> => {
        const layout = await openPerRepository(tempDir, options);
        opened.push(layout);
        return layout;
      };
      const close = async (): Promise<void> => {
        for (const layout of opened) await layout.close();
      };
      return { registry: await open(), reopen: open, [Symbol.asyncDispose]: close };
    },
  });
  expect(String(report)).toMatch(/^[0-9]+ passed, 0 failed, 0 errors, 0 skipped$/);
});
