import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const eslint = new ESLint({ cwd: root });

/** What each package may depend on, as docs/decisions/0002 says. */
const layers: Readonly<Record<string, readonly string[]>> = {
  "oci-types": [],
  ociref: ["oci-types"],
  "layout-core": ["oci-types", "ociref"],
  "layout-per-repo": ["oci-types", "ociref", "layout-core"],
  "layout-testkit": ["oci-types", "ociref"],
  "oci-server": ["oci-types", "ociref"],
};

/** Whether the lint refuses `code` as the content of `file`. */
async function refuses(file: string, code: string): Promise<boolean> {
  const [result] = await eslint.lintText(`${code}\n`, { filePath: join(root, file) });
  return result?.messages.some(({ ruleId }) => ruleId === "no-restricted-imports") === true;
}

describe("the layering", () => {
  it.each([
    ["packages/oci-types/src/index.ts", "@ocilayout/ociref"],
    ["packages/oci-types/src/index.ts", "node:crypto"],
    ["packages/ociref/src/index.ts", "@ocilayout/layout-core"],
    ["packages/ociref/src/index.ts", "node:path"],
    ["packages/layout-core/src/index.ts", "@ocilayout/layout-per-repo"],
    ["packages/layout-core/src/index.ts", "node:fs"],
    ["packages/layout-core/src/fs/lock.ts", "@ocilayout/layout-testkit"],
    ["packages/layout-core/src/index.ts", "../../oci-types/src/index.ts"],
    ["packages/layout-per-repo/src/index.ts", "@ocilayout/layout-testkit"],
    ["packages/layout-testkit/src/index.ts", "@ocilayout/layout-core"],
    ["packages/oci-server/src/node.ts", "@ocilayout/layout-core"],
    ["packages/oci-server/src/handle.ts", "node:http"],
    ["packages/oci-server/src/handle.ts", "@ocilayout/layout-core"],
  ])("%s must not import %s", async (file, name) => {
    expect(await refuses(file, `import "${name}";`)).toBe(true);
  });

  it.each([
    ["packages/ociref/src/index.ts", "@ocilayout/oci-types"],
    ["packages/layout-core/src/index.ts", "node:path"],
    ["packages/layout-core/src/fs/lock.ts", "node:fs"],
    ["packages/layout-core/src/fs/lock.ts", "@ocilayout/ociref"],
    ["packages/oci-server/src/node.ts", "node:http"],
    ["packages/oci-server/src/node/listener.ts", "node:http"],
  ])("%s may import %s", async (file, name) => {
    expect(await refuses(file, `import "${name}";`)).toBe(false);
  });

  /** Dependencies of somebody else's that earn their place (docs/decisions/0013). */
  const earned: Readonly<Record<string, readonly string[]>> = { "layout-testkit": ["fast-check"] };

  it.each(readdirSync(join(root, "packages")))("%s depends on nothing else", (name) => {
    const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    const allowed = [...(layers[name] ?? []).map((layer) => `@ocilayout/${layer}`), ...(earned[name] ?? [])];
    expect(Object.keys(manifest.dependencies ?? {}).filter((dependency) => !allowed.includes(dependency))).toEqual([]);
    const config = JSON.parse(readFileSync(join(root, "packages", name, "tsconfig.json"), "utf8")) as { references?: { path: string }[] };
    expect((config.references ?? []).map(({ path }) => path.replace("../", "")).filter((path) => !layers[name]?.includes(path))).toEqual([]);
  });
});

it("every package has what a package needs", () => {
  for (const name of Object.keys(layers)) {
    for (const file of ["README.md", "package.json", "tsconfig.json", `etc/${name}.api.md`]) {
      expect(existsSync(join(root, "packages", name, file)), `${name}/${file}`).toBe(true);
    }
  }
});
