import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { pushArtifact, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { blobPath, open } from "./helpers.ts";

const fixtures = join(import.meta.dirname, "../../layout-core/test/fixtures");

interface Expected {
  readonly layouts: Readonly<
    Record<
      string,
      {
        readonly entries: readonly { readonly refName: string | null; readonly digest: string }[];
        readonly reachable: {
          readonly manifests: readonly { readonly digest: string }[];
          readonly blobs: readonly { readonly digest: string }[];
        };
        readonly referrers?: Readonly<Record<string, readonly string[]>>;
        readonly emptyDirs?: readonly string[];
      }
    >
  >;
}

/** Opens a copy of a tree that another program wrote. */
async function openTree(name: string) {
  const expected = JSON.parse(readFileSync(join(fixtures, name, "expected.json"), "utf8")) as Expected;
  const directory = join(temporaryDirectory(), "tree");
  cpSync(join(fixtures, name, "layout"), directory, { recursive: true });
  for (const [path, { emptyDirs = [] }] of Object.entries(expected.layouts))
    for (const it of emptyDirs) mkdirSync(join(directory, path, it), { recursive: true });
  return { registry: await open({}, directory), layouts: expected.layouts };
}

/** Returns the tag of an entry: bare, or after the repository's name as the Go package writes it. */
function tagOf(repository: string, refName: string | null): string | undefined {
  if (refName === null || refName.includes("@")) return undefined;
  return refName.startsWith(`${repository}:`) ? refName.slice(repository.length + 1) : refName;
}

describe.each(["ref-per-repo", "olareg-tree"])("the tree %s, written by another program", (name) => {
  it("is listed and read without a change, byte by byte", async () => {
    const { registry, layouts } = await openTree(name);
    expect(await collect(registry.repositories())).toEqual(Object.keys(layouts).sort());
    for (const [repository, { entries, reachable, referrers = {} }] of Object.entries(layouts)) {
      const tags = new Map(
        entries.flatMap(({ refName, digest }) => {
          const tag = tagOf(repository, refName);
          return tag === undefined ? [] : [[tag, digest] as const];
        }),
      );
      expect(await collect(registry.tags(repository))).toEqual([...tags.keys()].sort());
      for (const [tag, digest] of tags)
        expect((await registry.resolveTag(repository, tag)).digest).toBe(digest);
      for (const { digest } of reachable.manifests) {
        expect(
          Buffer.compare(
            await (await registry.getManifest(repository, digest)).bytes(),
            readFileSync(blobPath(registry, repository, digest)),
          ),
        ).toBe(0);
      }
      for (const { digest } of reachable.blobs) await (await registry.getBlob(repository, digest)).bytes();
      for (const [subject, expected] of Object.entries(referrers)) {
        expect((await collect(registry.referrers(repository, subject))).map(({ digest }) => digest)).toEqual(
          [...expected].sort(),
        );
      }
    }
    expect((await collect(registry.verify())).filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it("keeps its content through a push and a delete", async () => {
    const { registry, layouts } = await openTree(name);
    for (const repository of Object.keys(layouts)) {
      const path = join(registry.directory, repository, "index.json");
      const before = JSON.parse(readFileSync(path, "utf8")) as { manifests: unknown[] };
      const { digest } = await pushArtifact(registry, repository, "pushed", ["pushed-by-the-test"]);
      await registry.deleteManifest(repository, digest);
      expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(before);
    }
  });
});
