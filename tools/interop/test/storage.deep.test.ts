import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import type { ImageIndex, ImageManifest } from "@ocilayout/oci-types";
import { collect, ociMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { buildImage, buildIndex, otherPlatform, pushImage, pushManifest } from "./images.ts";
import { has, storageIn, type Run } from "./programs.ts";
import { errorsOf, indexText, shareLayout, type SharedLayout } from "./shared-layout.ts";

const one = buildImage("one");
const two = buildImage("two");
const foreign = buildImage("foreign", otherPlatform);
const multi = buildIndex(foreign, one);

/** The members of a manifest or config that the tests read. */
type Document = ImageManifest & ImageIndex & { readonly rootfs: { readonly diff_ids: readonly string[] } };

async function read(registry: LayoutRegistry, tag: string): Promise<Document> {
  return JSON.parse(await (await registry.getTag("app", tag)).text()) as Document;
}

async function readConfig(registry: LayoutRegistry, tag: string): Promise<Document> {
  const { config } = await read(registry, tag);
  return JSON.parse(await (await registry.getBlob("app", config.digest)).text()) as Document;
}

describe.each(["buildah", "podman"] as const)("%s with a layout of ours", (name) => {
  const runs = it.skipIf(!has(name));

  /** Makes a layout with an image and an index, and a storage. */
  async function share(): Promise<SharedLayout & { readonly run: Run }> {
    const shared = await shareLayout("app");
    await pushImage(shared.registry, "app", one, "v1");
    await pushImage(shared.registry, "app", foreign);
    await pushManifest(shared.registry, "app", multi, "multi");
    return { ...shared, run: storageIn(shared.cwd, name) };
  }

  runs("pulls an image of ours with its digest, its config and its layers", async () => {
    const { run } = await share();
    const id = (await run("pull", "--quiet", "oci:layout:v1")).trim();
    expect(`sha256:${id}`).toBe(one.config.descriptor.digest);
    const inspected = JSON.parse(await run("inspect", "--type", "image", id)) as unknown;
    expect(inspected).toMatchObject(
      name === "buildah"
        ? {
            FromImageDigest: one.descriptor.digest,
            Manifest: one.bytes.toString(),
            Config: one.config.bytes.toString(),
          }
        : [{ Digest: one.descriptor.digest, RootFS: { Layers: one.diffIds }, Labels: { name: "one" } }],
    );
  });

  runs("pulls the image for this machine from an index of ours", async () => {
    const { run } = await share();
    const id = await run("pull", "--quiet", "oci:layout:multi");
    expect(`sha256:${id.trim()}`).toBe(one.config.descriptor.digest);
  });

  runs("pushes an image back, which the next call sees, and keeps our entries", async () => {
    const { registry, run } = await share();
    const id = (await run("pull", "--quiet", "oci:layout:v1")).trim();
    await run("push", id, "oci:layout:theirs");
    expect(await collect(registry.tags("app"))).toEqual(["multi", "theirs", "v1"]);
    expect((await read(registry, "theirs")).config.digest).toBe(one.config.descriptor.digest);
    expect(await registry.resolveTag("app", "v1")).toEqual(one.descriptor);
    expect(await collect(registry.verify())).toEqual([]);
  });

  runs("builds on an image of ours and writes the result into our layout", async () => {
    const { cwd, registry, run } = await share();
    mkdirSync(join(cwd, "context"));
    writeFileSync(join(cwd, "context/more"), "more");
    writeFileSync(join(cwd, "context/Dockerfile"), "FROM oci:layout:v1\nCOPY more /etc/more\n");
    await run("build", "--isolation", "chroot", "--tag", "built", "context");
    await run("push", "built", "oci:layout:built");
    const { rootfs } = await readConfig(registry, "built");
    expect(rootfs.diff_ids).toEqual([...one.diffIds, expect.any(String)]);
    expect(await errorsOf(registry)).toEqual([]);
  });

  runs("adds an image of ours to an index in our layout", async () => {
    const { registry, run } = await share();
    await run("manifest", "create", "list");
    await run("manifest", "add", "--all", "list", "oci:layout:multi");
    await run("manifest", "push", "--all", "list", "oci:layout:list");
    expect((await registry.resolveTag("app", "list")).mediaType).toBe(ociMediaTypes.imageIndex);
    const { manifests } = await read(registry, "list");
    expect(manifests.map(({ digest }) => digest).sort()).toEqual(
      [one.descriptor.digest, foreign.descriptor.digest].sort(),
    );
  });

  runs("keeps its entries byte for byte through our next pushes, and keeps reading them", async () => {
    const { cwd, registry, run } = await share();
    const id = (await run("pull", "--quiet", "oci:layout:v1")).trim();
    await run("push", id, "oci:layout:theirs");
    const before = indexText(cwd);
    await pushImage(registry, "app", two, "v2");
    expect(indexText(cwd).startsWith(before.slice(0, before.lastIndexOf("]")))).toBe(true);
    expect(`sha256:${(await run("pull", "--quiet", "oci:layout:v2")).trim()}`).toBe(
      two.config.descriptor.digest,
    );
    expect((await run("pull", "--quiet", "oci:layout:theirs")).trim()).toBe(id);
  });
});

describe.skipIf(!has("podman"))("podman with a layout of ours", () => {
  it("loads a layout of one image", async () => {
    const { cwd, registry } = await shareLayout("app");
    await pushImage(registry, "app", one, "v1");
    const podman = storageIn(cwd, "podman");
    await podman("load", "--quiet", "--input", "layout");
    expect(await podman("images", "--no-trunc", "--format", "{{.ID}} {{.Digest}}")).toBe(
      `${one.config.descriptor.digest} ${one.descriptor.digest}\n`,
    );
  });

  it("saves an image as a layout that we read", async () => {
    const { cwd, registry } = await shareLayout("app");
    await pushImage(registry, "app", one, "v1");
    const podman = storageIn(cwd, "podman");
    const id = (await podman("pull", "--quiet", "oci:layout:v1")).trim();
    await podman("save", "--quiet", "--format", "oci-dir", "--output", "saved", id);
    await using saved = await openLayout(join(cwd, "saved"), { defaultRepository: "app" });
    const [manifest] = await collect(saved.manifests("app"));
    const { config } = JSON.parse(
      await (await saved.getManifest("app", manifest?.descriptor.digest ?? "")).text(),
    ) as Document;
    expect(config.digest).toBe(one.config.descriptor.digest);
    expect(await collect(saved.verify())).toEqual([]);
  });
});
