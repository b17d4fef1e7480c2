import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const packages = readdirSync(join(root, "packages"));

/** The targets of the links in a Markdown file that lead to files. */
function fileLinks(path: string): string[] {
  const text = readFileSync(join(root, path), "utf8").replaceAll(/```.*?```/gs, "");
  return Array.from(text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g), ([, target = ""]) => target).filter(
    (target) => !/^[a-z]+:/.test(target),
  );
}

describe("links between documents lead to existing files", () => {
  const documents = [
    "README.md",
    "CONTRIBUTING.md",
    ...readdirSync(join(root, "docs"), { recursive: true }).map((name) => `docs/${String(name)}`),
  ];
  it.each(documents.filter((path) => path.endsWith(".md")))("%s", (path) => {
    const missing = fileLinks(path).filter((target) => !existsSync(join(root, dirname(path), target)));
    expect(missing).toEqual([]);
  });
});

describe("the README of a package, which npm shows without the repository", () => {
  it.each(packages)("of %s links to no file", (name) => {
    expect(fileLinks(`packages/${name}/README.md`)).toEqual([]);
  });

  it.each(packages)("of %s names the package whose command npx runs", (name) => {
    const calls =
      readFileSync(join(root, `packages/${name}/README.md`), "utf8").match(/\bnpx [^\n`]*/g) ?? [];
    expect(calls.filter((call) => !/^npx (?:-y |--no )?@ocilayout\//.test(call))).toEqual([]);
  });
});
