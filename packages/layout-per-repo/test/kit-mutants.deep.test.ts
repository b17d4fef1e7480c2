import { join } from "node:path";

import { openLayout, type LayoutRegistry } from "@ocilayout/layout-core";
import { allCases, openTarget, runConformance } from "@ocilayout/layout-testkit";
import { collect, isRegistryError, type Registry } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { openPerRepository, type PerRepositoryRegistry } from "../src/index.ts";

/** A directory of layouts with one fault, and the cases that must find it. */
interface TreeMutant {
  /** The fault, as a description of what the backend does. */
  readonly what: string;
  readonly caughtBy: readonly string[];
  readonly fault: (whole: PerRepositoryRegistry, tempDir: string) => Partial<Registry>;
}

/** Uses the layout in a repository's directory without checking the path to it. */
async function careless<Result>(
  tempDir: string,
  repo: string,
  use: (layout: LayoutRegistry) => Promise<Result>,
): Promise<Result> {
  await using layout = await openLayout(join(tempDir, repo), { defaultRepository: repo, durability: "none" });
  return await use(layout);
}

const mutants: readonly TreeMutant[] = [
  {
    what: "writes blobs through a link to a repository",
    caughtBy: ["LAYOUT-95"],
    fault: (_whole, tempDir) => ({
      pushBlob: (repo, ...args) => careless(tempDir, repo, (it) => it.pushBlob(repo, ...args)),
    }),
  },
  {
    what: "writes manifests through a link to a repository",
    caughtBy: ["LAYOUT-95"],
    fault: (_whole, tempDir) => ({
      pushManifest: (repo, ...args) => careless(tempDir, repo, (it) => it.pushManifest(repo, ...args)),
    }),
  },
  {
    what: "reads through a link to a repository",
    caughtBy: ["LAYOUT-95"],
    fault: (_whole, tempDir) => ({
      resolveBlob: (repo, ...args) => careless(tempDir, repo, (it) => it.resolveBlob(repo, ...args)),
    }),
  },
  {
    what: "lists no repository beside a damaged one",
    caughtBy: ["LAYOUT-96"],
    fault: (whole) => ({
      async *repositories(options) {
        for (const name of await collect(whole.repositories())) await collect(whole.tags(name));
        yield* whole.repositories(options);
      },
    }),
  },
  {
    what: "takes a damaged layout for an empty one",
    caughtBy: ["LAYOUT-96"],
    fault: (whole) => ({
      async *tags(repo, options) {
        try {
          yield* whole.tags(repo, options);
        } catch (error) {
          if (!isRegistryError(error, "LAYOUT_INVALID")) throw error;
        }
      },
    }),
  },
];

describe("the kit", () => {
  it.each(mutants)(
    "catches a directory of layouts that $what with $caughtBy",
    async ({ caughtBy, fault }) => {
      const report = await runConformance({
        only: caughtBy,
        layoutDirectory: (tempDir, repository) => join(tempDir, repository),
        create: ({ tempDir }) =>
          openTarget(async () => {
            const whole = await openPerRepository(tempDir, { durability: "none" });
            return { ...whole, ...fault(whole, tempDir) };
          }),
      });
      expect(
        report.results.map(({ id, status }) => [id, status]),
        String(report),
      ).toEqual(caughtBy.map((id) => [id, "fail"]));
    },
  );
});

it("every case of the kit about a directory of layouts catches a mutant", () => {
  const cases = allCases.filter(
    ({ needsLayout, needs = [] }) => needsLayout === true && needs.includes("repositoryScopedBlobs"),
  );
  expect(new Set(mutants.flatMap(({ caughtBy }) => caughtBy))).toEqual(new Set(cases.map(({ id }) => id)));
});
