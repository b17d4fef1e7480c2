import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { layers } from "../../lint/layers.js";

const root = join(import.meta.dirname, "../../..");

/** Approved dependencies from outside this repository (docs/decisions/0013). */
const approved: Readonly<Record<string, readonly string[]>> = {
  "layout-testkit": ["fast-check"],
  "oci-client": ["smol-toml"],
};

it.each(readdirSync(join(root, "packages")))(
  "%s depends only on lower layers and on approved packages",
  (name) => {
    const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    const allowed = [
      ...(layers[name] ?? []).map((layer) => `@ocilayout/${layer}`),
      ...(approved[name] ?? []),
    ];
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

it("the picture in the README has the packages and imports of layers.js", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const arrows = Array.from(readme.matchAll(/^ {2}([a-z-]+) --> ([a-z-]+)$/gm), ([, from = "", to = ""]) => ({
    from,
    to,
  }));
  const below = (name: string): string[] =>
    arrows.filter(({ from }) => from === name).flatMap(({ to }) => [to, ...below(to)]);
  for (const [name, allowed] of Object.entries(layers)) {
    expect([name, [...new Set(below(name))].sort()]).toEqual([name, [...allowed].sort()]);
  }
});
