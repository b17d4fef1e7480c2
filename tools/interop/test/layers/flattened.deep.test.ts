import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import type { Place } from "@ocilayout/oci-image";
import { readImage } from "@ocilayout/oci-image";
import { extractTo } from "@ocilayout/oci-image/node";
import { collect, ociMediaTypes } from "@ocilayout/oci-types";
import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { startDockerd } from "../daemons.ts";
import { skopeoIn, umociIn } from "../programs.ts";
import { indexOf } from "../readable.ts";
import { asMounted, asRootless, each, isSpecial, without } from "./compare.ts";
import { canMakeImages, makeInStorage, makeWithDocker, makeWithUmoci, type MadeImage } from "./makers.ts";
import { type Facts, type Tree, treeOf, treeOfImage } from "./trees.ts";

/** Opens the image in the layout `directory`, which has only this one. */
async function open(cwd: string, directory = "made"): Promise<Place> {
  const registry = await openLayout(join(cwd, directory), { defaultRepository: "app" });
  const [repository = ""] = await collect(registry.repositories());
  return { registry, repository, reference: indexOf(cwd, directory).manifests[0]?.digest ?? "" };
}

/** Expects that the image is what the steps made. */
function expectComplete(tree: Tree): void {
  const of = (path: string): Facts | undefined => tree[path];
  for (const path of [
    "/etc/c",
    "/gone/x",
    "/again/old",
    "/again/new",
    "/opaque/old",
    "/opaque/sub",
    "/moved-later",
  ])
    expect([path, of(path)]).toEqual([path, undefined]);
  expect(of("/becomes-directory")).toMatchObject({ type: "file", size: 5 });
  expect(of("/becomes-file")).toMatchObject({ type: "file", size: 4 });
  expect(of("/linked-directory")).toMatchObject({ type: "symlink", linkName: "gone" });
  expect(of("/sparse")).toMatchObject({ size: 3 * 1024 ** 2 + 3 });
  expect(of("/odd/b\xff\xfe")).toMatchObject({ size: 3 });
  expect(of("/links/symlink")).toMatchObject({ links: ["/links/symlink", "/links/symlink-too"] });
  expect(of("/etc/a")).toMatchObject({ uid: 1234, gid: 5678, mode: 0o4755, mtime: 7 });
  expect(of("/null")).toMatchObject({ type: "character-device", device: [1, 3] });
  expect(Object.keys(tree).some((path) => path.length > 400)).toBe(true);
}

/** Expects that our tree of an image is the one that umoci unpacks, the one that its program mounts, and what we extract. */
async function expectSameTrees(cwd: string, { mounted }: MadeImage): Promise<void> {
  const at = await open(cwd);
  const ours = await treeOfImage(at);
  expectComplete(ours);
  // umoci needs a tag that is plain.
  await skopeoIn(cwd)("copy", `oci:made`, "oci:plain:v1");
  await umociIn(cwd)("unpack", "--image", "plain:v1", "bundle");
  expect(ours).toEqual(await treeOf(join(cwd, "bundle/rootfs")));
  if (mounted !== undefined) expect(asMounted(ours)).toEqual(asMounted(mounted));
  await umociIn(cwd)("unpack", "--rootless", "--image", "plain:v1", "rootless");
  expect(asRootless(await treeOf(join(cwd, "rootless/rootfs")), ours)).toEqual(asRootless(ours, ours));
  const { skipped } = await extractTo(at, join(cwd, "extracted"), { owners: true, setIds: true });
  const kept = Object.fromEntries(
    Object.entries(ours).filter(([path, facts]) => path !== "/" && !isSpecial(facts)),
  );
  const extracted = await treeOf(join(cwd, "extracted"));
  delete extracted["/"];
  expect(extracted).toEqual(each(kept, (facts) => without(facts, "xattrs")));
  const reasons = Object.entries(ours).flatMap(([path, facts]) =>
    isSpecial(facts) ? [[path, facts.type]] : facts.xattrs === undefined ? [] : [[path, "xattrs"]],
  );
  expect(skipped.map(({ path, reason }) => [path, reason]).toSorted()).toEqual(reasons.toSorted());
}

describe.skipIf(!canMakeImages())("the files of an image of three layers", () => {
  for (const program of ["buildah", "podman"] as const)
    for (const driver of ["vfs", "overlay"] as const)
      it(`are those that umoci unpacks and ${program} mounts: made by ${program} with ${driver}`, async () => {
        const cwd = temporaryDirectory();
        const made = await makeInStorage(cwd, program, driver).catch((error: unknown) => {
          // Overlay file systems cannot be nested everywhere.
          if (driver !== "overlay" || !/overlay.*(?:not supported|failed)/i.test(String(error))) throw error;
          console.info(`skipped: ${program} with overlay, because it cannot run here: ${String(error)}`);
          return undefined;
        });
        if (made !== undefined) await expectSameTrees(cwd, made);
      });

  it("are those that umoci unpacks: made by umoci", async () => {
    const cwd = temporaryDirectory();
    await expectSameTrees(cwd, await makeWithUmoci(cwd));
  });

  it.each(["vfs", "overlay2"] as const)(
    "are those that umoci unpacks: made by Docker with %s",
    async (driver) => {
      const cwd = temporaryDirectory();
      await using dockerd = await startDockerd(driver);
      if (dockerd !== undefined) await expectSameTrees(cwd, await makeWithDocker(cwd, dockerd));
    },
  );

  it.each(["buildah", "podman"] as const)(
    "are the same in layers that %s compresses with zstd",
    async (program) => {
      const cwd = temporaryDirectory();
      const { mounted } = await makeInStorage(cwd, program, "vfs", "zstd");
      const at = await open(cwd);
      const { manifest } = await readImage(at);
      expect(manifest.layers.map(({ mediaType }) => mediaType)).toContain(ociMediaTypes.layerZstd);
      expect(asMounted(await treeOfImage(at))).toEqual(asMounted(mounted ?? {}));
    },
  );
});
