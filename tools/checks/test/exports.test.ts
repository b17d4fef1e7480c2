import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** Exports that are unused in this repository, with the reason to keep each. */
const kept: Readonly<Record<string, string>> = {};

/** An entry of a package, and its exports: names with their declarations, as in the API report. */
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

/** Returns the declarations of a report by name. Overloads of one name are joined. */
function declarationsIn(report: string): Map<string, string> {
  const found: Map<string, string> = new Map();
  for (const part of report.split(/\n(?=\/\/ @)/)) {
    const name = /^export (?:abstract )?(?:class|const|function|interface|type) (\w+)/m.exec(part)?.[1];
    if (name !== undefined) found.set(name, (found.get(name) ?? "") + part);
  }
  return found;
}

/** Returns the imports of `code` from packages of this repository. */
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

/** Returns, by entry, the names that other packages, apps, tools and the examples of pages import. */
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

/** Returns the names that the README of a package has as `name` or `name()`. */
function namedByReadme(owner: string): Set<string> {
  const code = read("packages", owner, "README.md").matchAll(/`(\w+)(?:\([^`]*\))?`/g);
  return new Set(Array.from(code, ([, name = ""]) => name));
}

/** Returns the exports of an entry that are neither used, nor kept, nor in the declaration of an export that is. */
function unusedOf({ specifier, owner, exports }: Entry, exceptions: readonly string[]): string[] {
  const named = namedByReadme(owner);
  const isUsed = (name: string): boolean =>
    imported.get(specifier)?.has(name) === true ||
    named.has(name) ||
    exceptions.includes(`${specifier} ${name}`);
  const used = new Set([...exports.keys()].filter(isUsed));
  // The loop also visits the names that it adds.
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
