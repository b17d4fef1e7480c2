import fc from "fast-check";
import { expect } from "vitest";

import { readFile } from "../../src/index.ts";
import type { TarEntryInit } from "../../src/tar.ts";
import { directory, file, filesOf, imageOf, link, symlink } from "./images.ts";
import { applyLayers, contentIn, InvalidImage, type ModelTree } from "./model.ts";

const name = fc.constantFrom("a", "b", "c");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const target = fc.constantFrom("a", "b", "c", "/a", "/b/c", "../a", "a/b", "..", ".", "../../c/a", "missing");
const parent = fc.oneof(
  fc.constant(""),
  path.map((above) => `${above}/`),
);
let count = 0;
const entry: fc.Arbitrary<TarEntryInit> = fc.oneof(
  { weight: 4, arbitrary: path.map((at) => file(at, `${(count += 1)}`)) },
  {
    weight: 3,
    arbitrary: fc.tuple(path, fc.constantFrom(0o700, 0o711)).map(([at, mode]) => directory(at, mode)),
  },
  { weight: 2, arbitrary: fc.tuple(path, target).map(([at, to]) => symlink(at, to)) },
  { weight: 2, arbitrary: fc.tuple(path, path).map(([at, to]) => link(at, to)) },
  {
    weight: 2,
    arbitrary: fc.tuple(parent, name).map(([above, hidden]) => file(`${above}.wh.${hidden}`, "")),
  },
  { weight: 1, arbitrary: parent.map((above) => file(`${above}.wh..wh..opq`, "")) },
);
const layers = fc.array(fc.array(entry, { maxLength: 6 }), { minLength: 1, maxLength: 4 });

/** Applies layers in the model. Returns `undefined` for an image that no runtime unpacks. */
function model(image: readonly (readonly TarEntryInit[])[]): ModelTree | undefined {
  try {
    return applyLayers(image);
  } catch (error) {
    if (error instanceof InvalidImage) return undefined;
    throw error;
  }
}

const names = ["a", "b", "c"];
const everyPath = names.flatMap((one) => [
  one,
  ...names.flatMap((two) => [`${one}/${two}`, ...names.map((three) => `${one}/${two}/${three}`)]),
]);

/** Checks that `listFiles` lists what applying random layers one after the other results in. */
export async function checkListing(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(layers, async (image) => {
      const { at } = await imageOf(...image);
      const expected = model(image);
      if (expected === undefined) {
        await expect(filesOf(at)).rejects.toMatchObject({ code: "ARCHIVE_INVALID" });
        return;
      }
      const files = await filesOf(at);
      const facts = [...files].map(([found, { type, size, mode, linkName }]) => [
        found === "/" ? "" : found,
        { type, size, mode, linkName },
      ]);
      const wanted = [...expected].map(([path, { type, size, mode, linkName }]) => [
        path,
        { type, size, mode, linkName },
      ]);
      expect(Object.fromEntries(facts)).toEqual(Object.fromEntries(wanted));
    }),
    { numRuns },
  );
}

/** Checks that `readFile` reads the same content as the model of random layers has, at every path. */
export async function checkReading(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(layers, fc.integer({ min: 0, max: 3 }), async (image, bufferBytes) => {
      const expected = model(image);
      fc.pre(expected !== undefined);
      const { at } = await imageOf(...image);
      for (const wanted of everyPath) {
        const content = contentIn(expected, wanted);
        const read = readFile(at, wanted, { bufferBytes }).then((reader) => reader.text());
        if (content === undefined) await expect(read).rejects.toMatchObject({ code: "FILE_UNKNOWN" });
        else expect(await read).toBe(content);
      }
    }),
    { numRuns },
  );
}
