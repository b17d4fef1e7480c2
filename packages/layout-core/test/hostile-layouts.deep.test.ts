import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, lchownSync } from "node:fs";
import { dirname, join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { bytes, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout } from "../src/index.ts";
import { copyFixture, expectedOf, fixtureNames, obstacle, type Expected } from "./fixture.ts";
import { readAll } from "./full-reading.ts";
import { listTree, snapshot } from "./helpers.ts";
import { allOf, defaultRepository, entriesOf, expectedReading } from "./independent-reading.ts";
import { checkRewrite } from "./rewriting.ts";
import { bundleWorker } from "./run-worker.ts";

/** Damage according to clauses 22, 25 and 30: no call reads such a layout or writes to it. */
const damaged: Readonly<Record<string, string>> = {
  "x-index-array": "index.json is not an object",
  "x-index-empty-file": "an empty file is not JSON",
  "x-index-media-type-manifest": "its media type is not that of an index",
  "x-index-null": "null is not an object",
  "x-index-truncated": "it stops in the middle",
  "x-index-utf16": "it is not UTF-8",
  "x-layout-version-1.1.0": "another version",
  "x-layout-version-empty-file": "no version",
  "x-layout-version-garbage": "another version",
  "x-layout-version-missing": "no version",
  "x-layout-version-not-json": "no version",
  "x-no-blobs-dir-with-entries": "entries without blobs",
  "x-no-index-json": "blobs without an index",
  "x-no-oci-layout": "an index without oci-layout",
  "x-symlinked-parts": "index.json and oci-layout are links",
};

/** Differences between the contract and the independent reading. */
const differences: Readonly<Record<string, (expected: Expected) => Expected>> = {
  /** Links out of the layout are not followed (clause 8), so the blobs behind them are missing. */
  "x-blob-symlinks": (expected) => {
    const outside = Object.entries(expected.links ?? {}).filter(([, target]) => target.includes("-outside/"));
    const missingBlobs = [
      ...expected.missingBlobs,
      ...outside.map(([path]) => ({ digest: digestOfPath(path) })),
    ];
    return { ...expected, missingBlobs, digestMismatches: [], sizeMismatches: [] };
  },
  /** The media type in a document overrides that of its entry (as clause 18 requires for children). */
  "x-media-type-conflict": (expected) => {
    const manifests = allOf(expected.reachable.manifests).filter(
      ({ invalid }) => invalid !== "mediaType mismatch",
    );
    return { ...expected, reachable: { ...expected.reachable, manifests } };
  },
  /** A manifest with an invalid size is damaged as a whole (clause 13), so its references are ignored. */
  "x-sizes-in-manifest": (expected) => {
    const manifests = allOf(expected.reachable.manifests).map((it) =>
      it.configMediaType === "x/y" ? { ...it, invalid: "sizes" } : it,
    );
    const unreferencedBlobs = allOf(expected.reachable.blobs).flatMap(({ digest, mediaType }) =>
      mediaType === "x/y" ? { digest, size: 6 } : [],
    );
    return {
      ...expected,
      reachable: { ...expected.reachable, manifests },
      unreferencedBlobs,
      sizeMismatches: [],
    };
  },
};

function digestOfPath(path: string): string {
  return path.replace("blobs/", "").replace("/", ":");
}

describe.each(fixtureNames.filter((name) => name.startsWith("x-")))("the layout %s", (name) => {
  const why = obstacle(name);
  if (why !== undefined) {
    console.info(`skipped: the layout ${name}, because ${why}`);
    it.skip(why, () => undefined);
    return;
  }
  const expected = (differences[name] ?? ((it) => it))(expectedOf(name));

  if (name in damaged) {
    // clauses 22, 25, 30
    it(`is rejected with LAYOUT_INVALID and not changed: ${damaged[name] ?? ""}`, async () => {
      const directory = copyFixture(name, expected);
      const before = snapshot(directory);
      await using registry = await openLayout(directory, { defaultRepository });
      await expect(collect(registry.repositories())).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
      await expect(registry.pushManifest("a", bytes("m"), "application/x-thing")).rejects.toMatchObject({
        code: "LAYOUT_INVALID",
      });
      await expect(
        registry.pushBlob("a", { digest: `sha256:${"0".repeat(64)}` }, bytes("")),
      ).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
      expect(await collect(registry.verify())).toMatchObject([{ kind: "damaged-layout", severity: "error" }]);
      expect(snapshot(directory)).toEqual(before);
    });
    return;
  }

  // clauses 19, 22, 23
  it("is read as an independent reader reads it, byte by byte", async () => {
    const directory = copyFixture(name, expected);
    const wanted = expectedReading(expected, directory);
    await using registry = await openLayout(directory, { defaultRepository });
    expect(await readAll(registry, wanted)).toEqual(wanted);
  });

  // clause 22
  it("keeps what a push and a delete do not touch", async () => {
    await checkRewrite(copyFixture(name, expected), expected);
  });
});

describe("a hostile layout", () => {
  const needed = obstacle("x-permissions");

  // clause 8
  it.skipIf(needed)(
    "has its links out of the layout followed only with followSymlinks, and verified even then",
    async () => {
      const expected = expectedOf("x-blob-symlinks");
      const directory = copyFixture("x-blob-symlinks", expected);
      const wanted = expectedReading(expected, directory);
      await using registry = await openLayout(directory, { defaultRepository, followSymlinks: true });
      expect(await readAll(registry, wanted)).toEqual(wanted);
    },
  );

  // clauses 5, 22
  it("leads to no file outside itself through a digest", async () => {
    const expected = expectedOf("x-digest-malformed");
    const directory = copyFixture("x-digest-malformed", expected);
    expect(existsSync(join(dirname(directory), "secret.txt"))).toBe(true);
    await using registry = await openLayout(directory, { defaultRepository });
    const digests = entriesOf(expected, directory).flatMap(({ refName, digest }) =>
      refName === "good" ? [] : String(digest),
    );
    expect(digests).toHaveLength(20);
    for (const digest of digests) {
      await expect(registry.getBlob(defaultRepository, digest)).rejects.toMatchObject({
        code: "DIGEST_INVALID",
      });
      await expect(registry.getManifest(defaultRepository, digest)).rejects.toMatchObject({
        code: "DIGEST_INVALID",
      });
      await expect(registry.deleteBlob(defaultRepository, digest)).rejects.toMatchObject({
        code: "DIGEST_INVALID",
      });
    }
  });

  // clause 22
  it.skipIf(needed)(
    "may have an index.json nested 100,000 deep, which is read and rewritten like any other",
    async () => {
      const expected = expectedOf("x-json-nesting");
      const directory = copyFixture("x-json-nesting", expected);
      copyFileSync(join(directory, "index-bomb.json"), join(directory, "index.json"));
      // One entry is left. The content of the other one is an unreferenced blob.
      const entries = entriesOf(expected, directory).filter(({ refName }) => refName === "good");
      const [manifests, bombs] = [false, true].map((is) =>
        allOf(expected.reachable.manifests).filter(({ invalid }) => (invalid !== undefined) === is),
      );
      const unreferencedBlobs = (bombs ?? []).map(({ digest }) => ({ digest, size: 0 }));
      expect(unreferencedBlobs).toHaveLength(1);
      await checkRewrite(directory, {
        ...expected,
        entries,
        unreferencedBlobs,
        reachable: { ...expected.reachable, manifests: manifests ?? [] },
      });
    },
  );

  // clause 1
  it.skipIf(needed)(
    "fails with STORAGE_FAILED if a file may not be read, and stays whole if one may not be written",
    async () => {
      const directory = copyFixture("x-permissions", expectedOf("x-permissions"));
      const place = temporaryDirectory();
      const script = await bundleWorker("ordinary-user", place);
      // Modes do not restrict root.
      const isRoot = process.getuid?.() === 0;
      const nobody = 65_534;
      const node = isRoot ? join(place, "node") : process.execPath;
      if (isRoot) {
        // Other users may not have access to root's own Node.
        copyFileSync(process.execPath, node);
        for (const path of ["", ...listTree(directory)]) lchownSync(join(directory, path), nobody, nobody);
        for (const path of [dirname(directory), place, script, node]) chmodSync(path, 0o755);
      }
      const before = snapshot(directory);
      const said = execFileSync(
        node,
        [script, directory],
        isRoot ? { uid: nobody, gid: nobody, cwd: "/" } : {},
      );
      expect(JSON.parse(said.toString())).toEqual({
        tags: ["good", "v1"],
        open: "layer good\n",
        shut: "STORAGE_FAILED EACCES",
        size: "8 bytes",
        push: "STORAGE_FAILED EACCES",
        after: ["good", "v1"],
      });
      expect(snapshot(directory)).toEqual(before);
    },
  );
});
