import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const MOST_FILES = 16;

/** Returns `directory`, as "", and all folders below it. */
function foldersOf(directory: string): string[] {
  const below = readdirSync(directory, { withFileTypes: true, recursive: true });
  return [
    "",
    ...below.filter((it) => it.isDirectory()).map((it) => join(relative(directory, it.parentPath), it.name)),
  ];
}

function filesIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.endsWith(".ts"));
}

/** Returns the files of its own package that a file imports from or exports from, including for types. */
function importsOf(file: string): string[] {
  const specifiers = readFileSync(file, "utf8").matchAll(/^(?:import|export)\s[^;]*?from\s+"(\.[^"]+)";/gm);
  return Array.from(specifiers, ([, specifier = ""]) => resolve(dirname(file), specifier));
}

/** Returns a circle in `arrows`, if there is one. */
function findCircle(arrows: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined {
  const done: Set<string> = new Set();
  const visit = (node: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of arrows.get(node) ?? []) {
      const circle = visit(next, [...way, node]);
      if (circle !== undefined) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of arrows.keys()) {
    const circle = visit(node, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

function draw(source: string, roomOf: (file: string) => string): Map<string, Set<string>> {
  const arrows: Map<string, Set<string>> = new Map();
  for (const folder of foldersOf(source)) {
    for (const name of filesIn(join(source, folder))) {
      const file = join(source, folder, name);
      const room = roomOf(file);
      const others = arrows.get(room) ?? new Set();
      arrows.set(room, others);
      for (const imported of importsOf(file)) if (roomOf(imported) !== room) others.add(roomOf(imported));
    }
  }
  return arrows;
}

const houses = [...readdirSync(join(root, "packages")).map((name) => `packages/${name}`), "apps/ocilayout"];

describe.each(houses)("the folders of %s", (name) => {
  const source = join(root, name, "src");

  it(`have at most ${MOST_FILES} files each`, () => {
    for (const folder of foldersOf(source))
      expect([folder, filesIn(join(source, folder)).length <= MOST_FILES]).toEqual([folder, true]);
  });

  it("have no circle of files", () => {
    expect(findCircle(draw(source, (file) => relative(source, file)))).toBeUndefined();
  });

  it("have no circle of folders", () => {
    const roomOf = (file: string): string => relative(source, dirname(file)).split("/")[0] ?? "";
    expect(findCircle(draw(source, roomOf))).toBeUndefined();
  });
});
