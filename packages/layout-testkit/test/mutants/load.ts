import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type { Mutant } from "./mutant.ts";

/** Loads all mutants, named after their files, or the first `count` of each directory. */
export async function loadMutants(count = Infinity): Promise<(Mutant & { readonly name: string })[]> {
  const directories = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const names = directories.flatMap(({ name }) =>
    readdirSync(join(import.meta.dirname, name))
      .slice(0, count)
      .map((file) => `${name}/${file}`),
  );
  return Promise.all(
    names.map(async (name) => {
      const module = (await import(pathToFileURL(join(import.meta.dirname, name)).href)) as {
        readonly default: Mutant;
      };
      return { ...module.default, name: name.replace(/\.ts$/, "") };
    }),
  );
}
