import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { checkLayoutDirectory } from "../src/layout/index.ts";

/** Layouts by real tools, and hostile ones. They belong to the tests of layout-core. */
const fixtures = join(import.meta.dirname, "..", "..", "layout-core", "test", "fixtures");
const names = readdirSync(fixtures).filter((name) => existsSync(join(fixtures, name, "layout")));
const real = names.filter(
  (name) => !name.startsWith("x-") && existsSync(join(fixtures, name, "layout", "index.json")),
);

/** The known problems of layouts by real tools, by kind. */
const known: Readonly<Record<string, readonly string[]>> = {
  // An upload, or a file that a killed program left, in blobs.
  "ref-mid-upload": ["stray"],
  "regctl-main-killed": ["stray"],
  // One entry for each child.
  "ref-shared": ["redundant-entry"],
  // The tool was asked to write this.
  "skopeo-1.22.0-sparse": ["missing-blob"],
  // The tool made an empty directory, which git does not store.
  "umoci-0.6.0-init-only": ["missing-part"],
};

it.each(real)("the layout %s has only the known problems", async (name) => {
  const kinds = new Set((await checkLayoutDirectory(join(fixtures, name, "layout"))).map(({ kind }) => kind));
  expect([...kinds].toSorted()).toEqual(known[name] ?? []);
});

it.each(names.filter((name) => name.startsWith("x-")))(
  "the layout %s is checked without an exception",
  async (name) => {
    for (const { message } of await checkLayoutDirectory(join(fixtures, name, "layout")))
      expect(message).not.toBe("");
  },
);
