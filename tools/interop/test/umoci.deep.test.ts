import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect, ociMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import {
  baseFiles,
  buildArtifact,
  buildImage,
  buildIndex,
  content,
  json,
  otherPlatform,
  pushImage,
  pushManifest,
  type Content,
} from "./images.ts";
import { has, umociIn, type Run } from "./programs.ts";
import {
  blobsOf,
  errorsOf,
  filesOf,
  indexText,
  isExecutable,
  shareLayout,
  type SharedLayout,
} from "./shared-layout.ts";

const isHere = has("umoci");
const one = buildImage("one");
const two = buildImage("two");
/** umoci can change owners only as root. */
const unpack: readonly [string, ...string[]] =
  process.getuid?.() === 0 ? ["unpack"] : ["unpack", "--rootless"];

/** Makes a layout with the image `one`, tagged `v1`. */
async function share(): Promise<SharedLayout & { readonly umoci: Run }> {
  const shared = await shareLayout("app");
  await pushImage(shared.registry, "app", one, "v1");
  return { ...shared, umoci: umociIn(shared.cwd) };
}

// clause 24
describe.skipIf(!isHere)("umoci with a layout that we wrote", () => {
  it("lists our tags, and nothing that we did not tag", async () => {
    const { registry, umoci } = await share();
    await pushImage(registry, "app", two, "v1", "v2", "latest");
    await pushManifest(registry, "app", buildIndex(one, two), "multi");
    const listed = (await umoci("list", "--layout", "layout")).split("\n").filter(Boolean);
    expect(listed.sort()).toEqual(await collect(registry.tags("app")));
  });

  it("lists the layers of an image as we do", async () => {
    const { umoci } = await share();
    const { history } = JSON.parse(await umoci("stat", "--image", "layout:v1", "--json")) as {
      history: unknown[];
    };
    expect(history).toEqual(
      one.layers.map(
        (layer, i) =>
          expect.objectContaining({ layer: layer.descriptor, diff_id: one.diffIds[i] }) as unknown,
      ),
    );
  });

  it("unpacks an image into its original files", async () => {
    const { cwd, umoci } = await share();
    await umoci(...unpack, "--image", "layout:v1", "bundle");
    expect(filesOf(join(cwd, "bundle/rootfs"))).toEqual({ ...baseFiles, "etc/name": "one" });
    expect(isExecutable(join(cwd, "bundle/rootfs/bin/run"))).toBe(true);
  });

  it("collects no garbage from a layout without any: untagged manifests, children and uploads stay", async () => {
    const { cwd, registry, umoci } = await share();
    const foreign = buildImage("foreign", otherPlatform);
    for (const image of [
      foreign,
      buildImage("child"),
      buildImage("untagged"),
      buildArtifact("about one", one.descriptor),
    ]) {
      await pushImage(registry, "app", image);
    }
    await pushImage(registry, "app", two, "v1");
    const multi = buildIndex(buildImage("child"), foreign);
    await pushManifest(registry, "app", multi, "multi");
    await pushManifest(registry, "app", nest(multi), "nested");
    const hello = content(Buffer.from("hello"), "text/plain");
    await using upload = await registry.pushBlobChunked("app");
    await upload.write(hello.bytes.subarray(0, 2));

    const before = blobsOf(cwd, "layout");
    const index = indexText(cwd);
    await umoci("gc", "--layout", "layout");
    expect(blobsOf(cwd, "layout")).toEqual(before);
    expect(indexText(cwd)).toBe(index);
    await upload.write(hello.bytes.subarray(2));
    await upload.commit(hello.descriptor.digest);
    expect(await errorsOf(registry)).toEqual([]);
  });

  it("collects a blob that no manifest references yet: the manifest is rejected until the blob is pushed again", async () => {
    const { registry, umoci } = await share();
    for (const { descriptor, bytes } of [two.config, ...two.layers])
      await registry.pushBlob("app", descriptor, bytes);
    await umoci("gc", "--layout", "layout");
    await expect(pushManifest(registry, "app", two, "v2")).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
    await pushImage(registry, "app", two, "v2");
    expect(await collect(registry.verify())).toEqual([]);
  });
});

// clauses 22, 23
describe.skipIf(!isHere)("umoci with a layout that we have open", () => {
  it("adds and removes a tag, which the next call sees", async () => {
    const { registry, umoci } = await share();
    await umoci("tag", "--image", "layout:v1", "theirs");
    expect(await collect(registry.tags("app"))).toEqual(["theirs", "v1"]);
    expect(await registry.resolveTag("app", "theirs")).toEqual(one.descriptor);
    await umoci("rm", "--image", "layout:v1");
    expect(await collect(registry.tags("app"))).toEqual(["theirs"]);
  });

  it("creates an image, and one with one more file", async () => {
    const { cwd, registry, umoci } = await share();
    writeFileSync(join(cwd, "more"), "more");
    await umoci("new", "--image", "layout:new");
    await umoci("insert", "--image", "layout:v1", "--tag", "more", "more", "/etc/more");
    expect(await layerCount(registry, "new")).toBe(0);
    expect(await layerCount(registry, "more")).toBe(3);
    expect(await errorsOf(registry)).toEqual([]);
  });

  it("packs what it unpacked after changes", async () => {
    const { cwd, registry, umoci } = await share();
    await umoci(...unpack, "--image", "layout:v1", "bundle");
    writeFileSync(join(cwd, "bundle/rootfs/etc/more"), "more");
    await umoci("repack", "--image", "layout:repacked", "bundle");
    expect(await layerCount(registry, "repacked")).toBe(3);
    expect(await registry.resolveTag("app", "v1")).toEqual(one.descriptor);
  });

  it("changes a config", async () => {
    const { registry, umoci } = await share();
    await umoci("config", "--image", "layout:v1", "--tag", "configured", "--config.user", "nobody");
    const { config } = await manifestOf(registry, "configured");
    expect(JSON.parse(await (await registry.getBlob("app", config.digest)).text())).toMatchObject({
      config: { User: "nobody", Labels: { name: "one" } },
    });
  });

  it("writes a name that cannot be read: it is kept and reported, and no call about others fails", async () => {
    const { cwd, registry, umoci } = await share();
    await umoci("tag", "--image", "layout:v1", "host:80/app");
    await pushImage(registry, "app", two, "v2");
    expect(await collect(registry.tags("app"))).toEqual(["v1", "v2"]);
    expect(indexText(cwd)).toContain("host:80/app");
    expect(await collect(registry.verify())).toEqual([
      expect.objectContaining({ kind: "foreign-entry", refName: "host:80/app" }),
    ]);
  });

  it("keeps its entries byte for byte through our next pushes, and keeps reading them", async () => {
    const { cwd, registry, umoci } = await share();
    await umoci("tag", "--image", "layout:v1", "theirs");
    await umoci("new", "--image", "layout:new");
    const before = indexText(cwd);
    await pushImage(registry, "app", two, "v2");
    expect(indexText(cwd).startsWith(before.slice(0, before.lastIndexOf("]")))).toBe(true);
    expect((await umoci("list", "--layout", "layout")).split("\n").filter(Boolean).sort()).toEqual([
      "new",
      "theirs",
      "v1",
      "v2",
    ]);
    await umoci(...unpack, "--image", "layout:v2", "bundle");
    expect(filesOf(join(cwd, "bundle/rootfs"))).toEqual({ ...baseFiles, "etc/name": "two" });
  });
});

/** Makes an index of an index. */
function nest({ descriptor }: Content): Content {
  return json(ociMediaTypes.imageIndex, {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageIndex,
    manifests: [descriptor],
  });
}

async function manifestOf(
  registry: SharedLayout["registry"],
  tag: string,
): Promise<{ config: { digest: string }; layers: unknown[] | null }> {
  return JSON.parse(await (await registry.getTag("app", tag)).text()) as Awaited<
    ReturnType<typeof manifestOf>
  >;
}

async function layerCount(registry: SharedLayout["registry"], tag: string): Promise<number> {
  return (await manifestOf(registry, tag)).layers?.length ?? 0;
}
