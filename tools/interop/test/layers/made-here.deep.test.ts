import { readFileSync } from "node:fs";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import {
  appendLayer,
  createLayer,
  type LayerCompression,
  type Place,
  pushLayer,
  setConfig,
} from "@ocilayout/oci-image";
import { computeDigest, ociMediaTypes } from "@ocilayout/oci-types";
import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { thisPlatform } from "../images.ts";
import { execute, umociIn } from "../programs.ts";
import { busyboxPath, canMakeImages } from "./makers.ts";
import { asMounted } from "./compare.ts";
import { readTree, treeOf, treeOfImage } from "./trees.ts";

const text = (value: unknown): Uint8Array => new TextEncoder().encode(String(value));

/** Puts an image together in the layout `made` of a directory, with the tag `v1`. */
async function putTogether(cwd: string, compression: LayerCompression): Promise<Place> {
  const registry = await openLayout(join(cwd, "made"), { defaultRepository: "app" });
  const config = text(
    JSON.stringify({ ...thisPlatform, config: {}, rootfs: { type: "layers", diff_ids: [] } }),
  );
  const descriptor = { mediaType: ociMediaTypes.imageConfig, ...(await computeDigest(config)) };
  await registry.pushBlob("app", descriptor, config);
  const manifest = text(JSON.stringify({ schemaVersion: 2, config: descriptor, layers: [] }));
  await registry.pushManifest("app", manifest, ociMediaTypes.imageManifest, { tags: ["v1"] });
  const at = { registry, repository: "app", reference: "v1" };
  const options = { compression, parents: true };
  const base = await createLayer(
    [
      { path: "bin/busybox", content: readFileSync(busyboxPath()), mode: 0o755 },
      { path: "bin/sh", type: "symlink", linkName: "busybox" },
      ...["cat", "ls", "stat"].map(
        (name) => ({ path: `bin/${name}`, type: "link", linkName: "bin/busybox" }) as const,
      ),
      { path: "etc/removed", content: text("removed") },
      { path: "data/old", content: text("old") },
      { path: "opt/file", content: text("linked\n") },
      { path: "opt/link", type: "symlink", linkName: "file" },
    ],
    options,
  );
  await appendLayer(at, base);
  const files = [
    { path: "etc/greeting", content: text("greeting\n") },
    { path: "data/new", content: text("new"), mode: 0o640, uid: 12, gid: 34, mtime: 1_700_000_000 },
  ];
  await appendLayer(
    at,
    await pushLayer(at, files, { ...options, removed: ["etc/removed"], opaque: ["data"] }),
  );
  await setConfig(at, { cmd: ["/bin/sh", "-c", "echo hello from $NAME"], env: { NAME: "ocilayout" } });
  return at;
}

describe.skipIf(!canMakeImages())("an image of createLayer and pushLayer", () => {
  it.each(["gzip", "none"] as const)(
    "runs in podman, and is what umoci unpacks: with compression %s",
    async (compression) => {
      const cwd = temporaryDirectory();
      const ours = await treeOfImage(await putTogether(cwd, compression));
      const env = { ...process.env, BUSYBOX: busyboxPath() };
      const output = await execute(
        "unshare",
        ["--mount", "bash", join(import.meta.dirname, "run.sh"), "vfs", import.meta.dirname],
        { cwd, env },
      );
      const reason = readFileSync(join(cwd, "cannot-run.txt"), "utf8");
      if (output === "" && reason !== "")
        console.info(`skipped: running it, because podman cannot run here: ${reason}`);
      else expect(output).toBe("hello from ocilayout\ngreeting\nlinked\nnew\n640:12:34:1700000000\n");
      expect(asMounted(ours)).toEqual(asMounted(readTree(join(cwd, "mounted.json"))));
      await umociIn(cwd)("unpack", "--image", "made:v1", "bundle");
      expect(ours).toEqual(await treeOf(join(cwd, "bundle/rootfs")));
    },
  );
});
