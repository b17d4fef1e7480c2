import fc from "fast-check";
import { expect, it } from "vitest";

import { createLayer } from "../../src/create-layer/create-layer.ts";
import type { LayerFile } from "../../src/create-layer/layer-file.ts";
import { read } from "../tar/archives.ts";
import { unzip } from "./layers.ts";

const name = fc.oneof(
  fc.constantFrom("a", "a-b", "a.b", "A", "é", "\udcff", "n".repeat(120), "…"),
  fc.string({ minLength: 1, maxLength: 4 }).map((text) => `x${text.replaceAll(/[/\0]/g, "_")}`),
);
const attributes = fc.record({
  mode: fc.nat(0o7777),
  uid: fc.nat(5_000_000),
  gid: fc.nat(5_000_000),
  mtime: fc.integer({ min: -1e9, max: 1e11 }),
  xattrs: fc
    .array(fc.tuple(fc.constantFrom("user.a", "user.b", "security.c"), fc.uint8Array({ maxLength: 9 })), {
      maxLength: 2,
    })
    .map((pairs) => new Map(pairs)),
});
const kind = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((content) => ({ type: "file" as const, content })),
  fc.constant({ type: "directory" as const }),
  fc.constantFrom("/etc/passwd", "../x", "é").map((linkName) => ({ type: "symlink" as const, linkName })),
  fc.constant({ type: "fifo" as const }),
  fc.nat(255).map((deviceMinor) => ({ type: "block-device" as const, deviceMajor: 8, deviceMinor })),
);

/** Files with different paths, each below directories or nothing. Some have a hard link. */
const files: fc.Arbitrary<readonly LayerFile[]> = fc
  .array(fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), kind, attributes, fc.boolean()), {
    maxLength: 8,
  })
  .map((drafts) => {
    const found: Map<string, LayerFile> = new Map();
    for (const [names, what, facts, isLinked] of drafts) {
      const path = names.join("/");
      const parents = names.map((_, at) => names.slice(0, at).join("/"));
      const isFree =
        !found.has(path) &&
        parents.every((parent) => (found.get(parent)?.type ?? "directory") === "directory");
      if (
        !isFree ||
        [...found.keys()].some((other) => other.startsWith(`${path}/`) && what.type !== "directory")
      )
        continue;
      found.set(path, { path, ...what, ...facts });
      if (isLinked && what.type !== "directory" && !found.has(`${path}~`))
        found.set(`${path}~`, { path: `${path}~`, type: "link", linkName: path, ...facts });
    }
    return [...found.values()];
  });

it("the files of a layer read back from its archive", async () => {
  await fc.assert(
    fc.asyncProperty(files, async (list) => {
      const layer = await createLayer(list);
      const entries = await read(unzip(layer), { requireEnd: true });
      expect(entries.length).toBe(list.length);
      const byPath = new Map(entries.map((entry) => [entry.path.replace(/\/$/, ""), entry]));
      for (const { content = new Uint8Array(), path, ...facts } of list) {
        const entry = byPath.get(path);
        expect(entry).toMatchObject(facts);
        expect([...(entry?.bytes ?? [])]).toEqual([...(content as Uint8Array)]);
      }
    }),
    { numRuns: 60 },
  );
});

it("the same files in any order make the same bytes", async () => {
  const ordered = files.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length })),
  );
  await fc.assert(
    fc.asyncProperty(ordered, async ([list, shuffled]) => {
      const one = await createLayer(list, { parents: true });
      const other = await createLayer(shuffled, { parents: true });
      expect(other.descriptor).toEqual(one.descriptor);
      expect(other.diffId).toBe(one.diffId);
    }),
    { numRuns: 30 },
  );
});

it("a directory comes before its content, and a link after its target", async () => {
  await fc.assert(
    fc.asyncProperty(files, async (list) => {
      const seen: Set<string> = new Set();
      for (const { path, type, linkName } of await read(unzip(await createLayer(list, { parents: true })))) {
        const names = path.replace(/\/$/, "").split("/");
        for (const at of names.keys()) if (at > 0) expect(seen).toContain(names.slice(0, at).join("/"));
        if (type === "link") expect(seen).toContain(linkName);
        seen.add(names.join("/"));
      }
    }),
    { numRuns: 30 },
  );
});
