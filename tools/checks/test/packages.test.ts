import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { layers } from "../../lint/layers.js";

const root = join(import.meta.dirname, "../../..");

/** Dependencies of somebody else's that earn their place (docs/decisions/0013). */
const earned: Readonly<Record<string, readonly string[]>> = { "layout-testkit": ["fast-check"] };

it.each(readdirSync(join(root, "packages")))(
  "%s depends only on lower layers and on approved packages",
  (name) => {
    const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    const allowed = [...(layers[name] ?? []).map((layer) => `@ocilayout/${layer}`), ...(earned[name] ?? [])];
    expect(
      Object.keys(manifest.dependencies ?? {}).filter((dependency) => !allowed.includes(dependency)),
    ).toEqual([]);
    const config = JSON.parse(readFileSync(join(root, "packages", name, "tsconfig.json"), "utf8")) as {
      references?: { path: string }[];
    };
    expect(
      (config.references ?? [])
        .map(({ path }) => path.replace("../", ""))
        .filter((path) => !layers[name]?.includes(path)),
    ).toEqual([]);
  },
);

it("every package has the required files and fields", () => {
  for (const name of Object.keys(layers)) {
    for (const file of ["README.md", "package.json", "tsconfig.json", `etc/${name}.api.md`]) {
      expect(existsSync(join(root, "packages", name, file)), `${name}/${file}`).toBe(true);
    }
  }
});
