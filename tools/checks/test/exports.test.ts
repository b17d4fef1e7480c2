import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** Exports that nothing in this repository uses, and why they stay. */
const kept: Readonly<Record<string, string>> = {
  "@ocilayout/layout-testkit/node-test describeRegistry":
    "the README offers this entry in place of the one for vitest",
};

/** An entry of a package, and what it exports: names with their declarations, as the API report has them. */
interface Entry {
  readonly specifier: string;
  readonly owner: string;
  readonly exports: ReadonlyMap<string, string>;
}

function read(...path: readonly string[]): string {
  return readFileSync(join(root, ...path), "utf8");
}

function entriesOf(owner: string): Entry[] {
  const { exports } = JSON.parse(read("packages", owner, "package.json")) as {
    exports: Record<string, string | object>;
  };
  return Object.keys(exports)
    .filter((entry) => typeof exports[entry] === "object")
    .map((entry) => {
      const below = entry.slice(2);
      const report = read("packages", owner, "etc", `${below === "" ? owner : `${owner}-${below}`}.api.md`);
      return {
        specifier: `@ocilayout/${owner}${entry.slice(1)}`,
        owner,
        exports: declarationsIn(report),
      };
    });
}

/** The declarations of a report by name; overloads of one name together. */
function declarationsIn(report: string): Map<string, string> {
  const found: Map<string, string> = new Map();
  for (const part of report.split(/\n(?=\/\/ @)/)) {
    const name = /^export (?:abstract )?(?:class|const|function|interface|type) (\w+)/m.exec(part)?.[1];
    if (name !== undefined) found.set(name, (found.get(name) ?? "") + part);
  }
  return found;
}

/** The imports of `code` from packages of this repository. */
function importsIn(code: string): { specifier: string; names: string[] }[] {
  const statements = [
    ...code.matchAll(/(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s+from\s+"(@ocilayout\/[^"]+)"/g),
    ...code.matchAll(/\{([^{}]*)\}\s*=\s*await\s+import\(\s*"(@ocilayout\/[^"]+)"/g),
  ];
  return statements.map(([, list = "", specifier = ""]) => ({
    specifier,
    names: list.split(",").map((item) => /^(?:type\s+)?(\w+)/.exec(item.trim())?.[1] ?? ""),
  }));
}

function filesBelow(directory: string, ending: RegExp): string[] {
  const below = readdirSync(join(root, directory), { withFileTypes: true, recursive: true });
  return below
    .map((it) => relative(root, join(it.parentPath, it.name)))
    .filter((path) => ending.test(path) && !/(^|\/)(node_modules|dist|generated)\//.test(path));
}

/** The names that other packages, apps, tools and the examples of pages import, by entry. */
function findImported(): Map<string, Set<string>> {
  const imported: Map<string, Set<string>> = new Map();
  const scan = (code: string, owner?: string): void => {
    for (const { specifier, names } of importsIn(code)) {
      if (owner !== undefined && `${specifier}/`.startsWith(`@ocilayout/${owner}/`)) continue;
      const all = imported.get(specifier) ?? new Set();
      imported.set(specifier, all);
      for (const name of names) all.add(name);
    }
  };
  for (const path of ["packages", "apps", "tools"].flatMap((it) => filesBelow(it, /\.[mc]?[jt]s$/))) {
    const [top, owner, folder] = path.split("/");
    // The tests of packages do not count: a package does not export a name for tests alone.
    if (top !== "packages" || folder === "src") scan(read(path), top === "packages" ? owner : undefined);
  }
  for (const path of pages) for (const [block] of read(path).matchAll(/^```.*?^```/gms)) scan(block);
  return imported;
}

const pages = [
  ...["README.md", "CONTRIBUTING.md"],
  ...["docs", "packages", "apps", "tools"].flatMap((it) => filesBelow(it, /\.md$/)),
].filter((path) => !path.endsWith(".api.md"));
const imported = findImported();

/** The names in the text of a package's README, written as `name` or `name()`. */
function namedByReadme(owner: string): Set<string> {
  const code = read("packages", owner, "README.md").matchAll(/`(\w+)(?:\([^`]*\))?`/g);
  return new Set(Array.from(code, ([, name = ""]) => name));
}

/** Of the exports of an entry, those that are neither used, kept nor in the declaration of one that is. */
function unusedOf({ specifier, owner, exports }: Entry, exceptions: readonly string[]): string[] {
  const named = namedByReadme(owner);
  const isUsed = (name: string): boolean =>
    imported.get(specifier)?.has(name) === true ||
    named.has(name) ||
    exceptions.includes(`${specifier} ${name}`);
  const used = new Set([...exports.keys()].filter(isUsed));
  // A set that grows while it is looked through is looked through to its end.
  for (const name of used)
    for (const [word] of exports.get(name)?.matchAll(/\w+/g) ?? []) if (exports.has(word)) used.add(word);
  return [...exports.keys()].filter((name) => !used.has(name));
}

describe.each(readdirSync(join(root, "packages")))("the exports of %s", (owner) => {
  it.each(entriesOf(owner))("$specifier exports only names that other code or a README uses", (entry) => {
    expect(entry.exports.size).toBeGreaterThan(0);
    expect(unusedOf(entry, Object.keys(kept))).toEqual([]);
  });
});

it.each(Object.keys(kept))("%s still needs its exception", (name) => {
  const [specifier, unused] = name.split(" ");
  const entry = readdirSync(join(root, "packages"))
    .flatMap(entriesOf)
    .find((it) => it.specifier === specifier);
  expect(entry && unusedOf(entry, [])).toContain(unused);
});
