import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { listFiles } from "@ocilayout/oci-image";
import { collect } from "@ocilayout/oci-types";
import { bytes, digestOf, rejection } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { openArchive, type ArchiveRegistry, type OpenArchiveOptions } from "../src/index.ts";
import { archiveOf, everythingIn, fixturePath, tarOf, type Members } from "./archives.ts";

async function open(path: string, options?: OpenArchiveOptions): Promise<ArchiveRegistry> {
  const registry = await openArchive(path, options);
  onTestFinished(() => registry.close());
  return registry;
}

/** Returns a config with the digests of these layers. */
function configOf(...layers: readonly Uint8Array[]): string {
  return JSON.stringify({
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: layers.map(digestOf) },
  });
}

/** Returns the member `manifest.json`. */
function listing(...items: readonly object[]): [string, string] {
  return ["manifest.json", JSON.stringify(items)];
}

/** The digests that `skopeo inspect --raw docker-archive:` prints: tools/interop compares them with the program. */
const rawDigests: Readonly<Record<string, string>> = {
  "buildx-0.29.1-docker-tar": "sha256:5bcd01118433dc258e366ead364d682aa479b914210501c41cd9770b0c1dfe9e",
  "crane-0.21.10-tarball": "sha256:1cb7b741c4798546dae983e0092a8fb8edd7c8c5124ba3acce68708b7bb98f02",
  "ctr-2.1.9-export-all-platforms": "sha256:1cb7b741c4798546dae983e0092a8fb8edd7c8c5124ba3acce68708b7bb98f02",
  "docker-28.5.2-save-classic": "sha256:b6428fbe504ad9b9d3bb79e1ff6fa3ac6a1166fe87af1d92ed21e65cedd2dd5a",
  "docker-28.5.2-save-containerd": "sha256:5bcd01118433dc258e366ead364d682aa479b914210501c41cd9770b0c1dfe9e",
  "regctl-main-export": "sha256:1cb7b741c4798546dae983e0092a8fb8edd7c8c5124ba3acce68708b7bb98f02",
};

describe("a Docker archive of a real program", () => {
  it.each(Object.entries(rawDigests))("%s has the manifest that skopeo makes", async (name, digest) => {
    const registry = await open(fixturePath(name), { format: "docker" });
    expect(registry.format).toBe("docker");
    const listings = [];
    for (const repository of await collect(registry.repositories()))
      for await (const listed of registry.manifests(repository)) listings.push({ repository, ...listed });
    for (const { repository, descriptor } of listings) {
      expect(descriptor.digest).toBe(digest);
      const manifest = (await (await registry.getManifest(repository, digest)).json()) as {
        config: { digest: string };
        layers: { digest: string; size: number }[];
      };
      for (const part of [manifest.config, ...manifest.layers]) {
        const content = await (await registry.getBlob(repository, part.digest)).bytes();
        expect(digestOf(content)).toBe(part.digest);
      }
      const files = await collect(listFiles({ registry, repository, reference: digest }));
      expect(files.length).toBeGreaterThan(0);
    }
  });

  // skopeo states the size 0 for a layer that is a link, and then cannot copy it. Ours is that of its target.
  it("that Docker 20.10 saved has the manifests that skopeo makes, except for the sizes of linked layers", async () => {
    const registry = await open(join(import.meta.dirname, "docker-20.10.24-save.tar"));
    expect(registry.format).toBe("docker");
    for (const [repository, tag, linked, digest] of [
      ["app", "1", [], "6fabf65fe10e4e509b0a46a51d08798adaf48ea8a16a5a8e1be27ccfd8bcf009"],
      ["app", "2", [1], "7db30add77f136486c53938321a75cc11107ed20f81742aa8c6311ccade3234c"],
      ["base", "1", [0], "f80df59d3f2de16842c083ad8c38f5f622eada08b8c212f860f701b2d3792283"],
    ] as const) {
      const manifest = (await (await registry.getTag(repository, tag)).json()) as {
        layers: { size: number }[];
      };
      expect(manifest.layers.map(({ size }) => size)).toEqual(manifest.layers.map(() => 2048));
      for (const at of linked) Object.assign(manifest.layers[at] ?? {}, { size: 0 });
      expect(digestOf(bytes(JSON.stringify(manifest)))).toBe(`sha256:${digest}`);
      const files = await collect(listFiles({ registry, repository, reference: tag }));
      const names = files.map(({ path }) => path).sort();
      expect(names).toEqual(repository === "base" ? ["/", "/base"] : ["/", "/base", "/top"]);
    }
  });

  it("turns RepoTags into repositories and tags", async () => {
    const registry = await open(fixturePath("docker-28.5.2-save-classic"), { format: "docker" });
    const found = await everythingIn(registry);
    expect(Object.entries(found).map(([name, { tags }]) => [name, tags])).toEqual([
      ["app", ["latest"]],
      ["example.com/app", ["1.0"]],
    ]);
  });

  it("is read as an OCI layout by default if it is one", async () => {
    const registry = await open(fixturePath("docker-28.5.2-save-classic"));
    expect(registry.format).toBe("oci");
    expect(await collect(registry.repositories())).toEqual(["docker.io/library/app", "example.com/app"]);
  });
});

describe("a Docker archive", () => {
  it("of a classic Docker has layers that are linked between folders of images", async () => {
    const [base, top] = [await tarOf([["base", "1"]]), await tarOf([["top", "2"]])];
    const path = await archiveOf([
      ["one.json", configOf(base)],
      ["two.json", configOf(base, top)],
      { path: "aaa/", type: "directory" },
      ["aaa/VERSION", "1.0"],
      ["aaa/json", "{}"],
      ["aaa/layer.tar", base],
      { path: "bbb/layer.tar", type: "symlink", linkName: "../aaa/layer.tar" },
      ["ccc/layer.tar", top],
      listing(
        { Config: "one.json", RepoTags: ["base:1"], Layers: ["aaa/layer.tar"] },
        { Config: "two.json", RepoTags: ["app:1", "app:2"], Layers: ["bbb/layer.tar", "ccc/layer.tar"] },
      ),
      ["repositories", JSON.stringify({ base: { 1: "aaa" }, app: { 1: "ccc", 2: "ccc" } })],
    ]);
    const registry = await open(path);
    expect(registry.format).toBe("docker");
    expect(await collect(registry.tags("app"))).toEqual(["1", "2"]);
    const files = await collect(listFiles({ registry, repository: "app", reference: "2" }));
    expect(files.map(({ path: name }) => name)).toEqual(["/top", "/base", "/"]);
    const { descriptor } = await registry.getBlob("base", digestOf(base));
    expect(descriptor.size).toBe(base.length);
  });

  it("without names has its image in the default repository, by its digest", async () => {
    const layer = await tarOf([["a", "1"]]);
    const path = await archiveOf([
      ["config.json", configOf(layer)],
      ["layer.tar", layer],
      listing({ Config: "config.json", RepoTags: null, Layers: ["layer.tar"] }),
    ]);
    const registry = await open(path);
    const [listed] = await collect(registry.manifests("default"));
    expect(listed?.tags).toEqual([]);
    expect((await registry.resolveManifest("default", listed?.descriptor.digest ?? "")).size).toBe(
      listed?.descriptor.size,
    );
  });

  it("with compressed layers names and reads them decompressed, also in ranges", async () => {
    const layer = await tarOf([["a", "x".repeat(300_000)]]);
    const path = await archiveOf([
      ["config.json", configOf(layer)],
      ["layer.tar.gz", gzipSync(layer)],
      listing({ Config: "config.json", RepoTags: ["app:1"], Layers: ["layer.tar.gz"] }),
    ]);
    const registry = await open(path);
    const digest = digestOf(layer);
    expect((await registry.resolveBlob("app", digest)).size).toBe(layer.length);
    expect(layer.equals(await (await registry.getBlob("app", digest)).bytes())).toBe(true);
    const range = await registry.getBlobRange("app", digest, { start: 500, end: 200_000 });
    expect(layer.subarray(500, 200_000).equals(await range.bytes())).toBe(true);
  });

  it("finds a layer that an image has twice, and an empty image", async () => {
    const layer = await tarOf([["a", "1"]]);
    const path = await archiveOf([
      ["twice.json", configOf(layer, layer)],
      ["empty.json", configOf()],
      ["one/layer.tar", layer],
      { path: "two/layer.tar", type: "symlink", linkName: "../one/layer.tar" },
      listing(
        { Config: "twice.json", RepoTags: ["twice:1"], Layers: ["one/layer.tar", "two/layer.tar"] },
        { Config: "empty.json", RepoTags: ["empty:1"], Layers: null },
      ),
    ]);
    const registry = await open(path);
    expect(await collect(registry.repositories())).toEqual(["empty", "twice"]);
    expect(await collect(listFiles({ registry, repository: "empty", reference: "1" }))).toEqual([]);
  });

  it("fails with CONTENT_CORRUPT if a layer is not the one in the config", async () => {
    const [layer, other] = [await tarOf([["a", "1"]]), await tarOf([["a", "2"]])];
    const path = await archiveOf([
      ["config.json", configOf(layer)],
      ["layer.tar", other],
      listing({ Config: "config.json", RepoTags: ["app:1"], Layers: ["layer.tar"] }),
    ]);
    const registry = await open(path);
    const reader = await registry.getBlob("app", digestOf(layer));
    expect(await rejection(reader.bytes())).toMatchObject({ code: "CONTENT_CORRUPT" });
  });

  it("of Docker before version 1.10 fails with ARCHIVE_INVALID, and the message names the reason", async () => {
    const path = await archiveOf([
      ["aaa/layer.tar", "x"],
      ["repositories", '{"app":{"1":"aaa"}}'],
    ]);
    const error = await rejection(openArchive(path));
    expect(error).toMatchObject({ code: "ARCHIVE_INVALID" });
    expect(String(error)).toContain("before version 1.10");
    expect(await rejection(openArchive(await archiveOf([["repositories", "{"]])))).toMatchObject({
      code: "ARCHIVE_INVALID",
    });
  });

  const layer = bytes("layer");
  const whole: Members = [
    ["config.json", configOf(layer)],
    ["layer.tar", layer],
  ];
  const item = { Config: "config.json", RepoTags: ["app:1"], Layers: ["layer.tar"] };

  it.each<[string, Members]>([
    ["manifest.json is not JSON", [...whole, ["manifest.json", "{"]]],
    ["manifest.json is not a list", [...whole, ["manifest.json", "{}"]]],
    ["an image is not an object", [...whole, ["manifest.json", "[1]"]]],
    ["an image has no config", [...whole, listing({ ...item, Config: undefined })]],
    ["the config is missing", [...whole, listing({ ...item, Config: "../config.json" })]],
    ["the config is not JSON", [["config.json", "x"], ...whole.slice(1), listing(item)]],
    ["the config has no diff_ids", [["config.json", "{}"], ...whole.slice(1), listing(item)]],
    [
      "the config has diff_ids that are not digests",
      [
        ["config.json", JSON.stringify({ rootfs: { diff_ids: ["sha256:x"] } })],
        ...whole.slice(1),
        listing(item),
      ],
    ],
    ["a layer is missing", [...whole.slice(0, 1), listing(item)]],
    ["the layers are not names", [...whole, listing({ ...item, Layers: [1] })]],
    ["the numbers of layers differ", [...whole, listing({ ...item, Layers: [] })]],
    [
      "one member is two different layers",
      [
        ["config.json", configOf(layer, bytes("other"))],
        ...whole.slice(1),
        listing({ ...item, Layers: ["layer.tar", "layer.tar"] }),
      ],
    ],
    [
      "a compressed layer is cut",
      [
        ...whole.slice(0, 1),
        ["layer.tar", gzipSync(Buffer.alloc(10_000, "ab")).subarray(0, 30)],
        listing(item),
      ],
    ],
  ])("fails with ARCHIVE_INVALID if %s", async (_reason, members) => {
    const registry = await open(await archiveOf(members));
    expect(await rejection(collect(registry.repositories()))).toMatchObject({ code: "ARCHIVE_INVALID" });
  });
});
