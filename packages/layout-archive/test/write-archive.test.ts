import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { copy, listFiles } from "@ocilayout/oci-image";
import { readTar } from "@ocilayout/oci-image/tar";
import { openLayout } from "@ocilayout/layout-core";
import { artifact, blob, image, index, layer, pushContent } from "@ocilayout/layout-testkit/content";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { collect, computeDigest, ociMediaTypes, type Registry } from "@ocilayout/oci-types";
import { bytes, digestOf, rejection, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import {
  openArchive,
  writeArchive,
  type ArchiveRegistry,
  type ImageToWrite,
  type OpenArchiveOptions,
  type WriteArchiveOptions,
} from "../src/index.ts";
import { blobsOf, everythingIn, tarOf } from "./archives.ts";

const amd64 = { os: "linux", architecture: "amd64" };
const arm64 = { os: "linux", architecture: "arm64" };

/** Returns a registry with an image of two platforms, a single image, an artifact, and a referrer of the image. */
async function source(): Promise<Registry> {
  const registry = createMemoryRegistry();
  const layers = await Promise.all(
    ["one", "two"].map(async (name) => layer(await tarOf([[name, name.repeat(1000)]]))),
  );
  const both = index([
    image({ layers, platform: amd64 }),
    image({ layers: layers.slice(0, 1), platform: arm64 }),
  ]);
  await pushContent(registry, "team/app", both, { tags: ["multi"] });
  await pushContent(registry, "team/app", image({ layers, platform: amd64 }), { tags: ["v1"] });
  await pushContent(registry, "other", artifact({ layers: [blob("text")] }), { tags: ["notes"] });
  const { digest, mediaType, size } = await registry.resolveTag("team/app", "v1");
  const subject = { digest, mediaType, size };
  await pushContent(registry, "team/app", artifact({ artifactType: "application/x-sig", subject }));
  return registry;
}

/** Text that is different everywhere, so that no two parts of it can be exchanged. */
function numbers(size: number): Uint8Array {
  // A loop, because Uint8Array.from takes much longer.
  const content = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) content[at] = at * 7919 + (at >> 8) + (at >> 16);
  return content;
}

function target(): string {
  return join(temporaryDirectory(), "archive.tar");
}

async function open(path: string, options?: OpenArchiveOptions): Promise<ArchiveRegistry> {
  const registry = await openArchive(path, options);
  onTestFinished(() => registry.close());
  return registry;
}

async function write(
  images: (registry: Registry) => readonly ImageToWrite[],
  options?: WriteArchiveOptions,
): Promise<{ path: string; registry: Registry }> {
  const registry = await source();
  const path = target();
  await writeArchive(path, images(registry), options);
  return { path, registry };
}

const v1 = (registry: Registry): ImageToWrite => ({ registry, repository: "team/app", reference: "v1" });
const multi = (registry: Registry): ImageToWrite => ({
  registry,
  repository: "team/app",
  reference: "multi",
});
const notes = (registry: Registry): ImageToWrite => ({ registry, repository: "other", reference: "notes" });

describe("writeArchive", () => {
  it("writes images with all platforms, and openArchive reads them back byte for byte", async () => {
    const { path, registry } = await write((from) => [multi(from), v1(from), notes(from)]);
    const archive = await open(path);
    const found = await everythingIn(archive);
    expect(Object.entries(found).map(([name, { tags }]) => [name, tags])).toEqual([
      ["other", ["notes"]],
      ["team/app", ["multi", "v1"]],
    ]);
    for (const [repository, { manifests }] of Object.entries(found)) {
      for (const [digest, text] of Object.entries(manifests))
        expect(text).toBe(await (await registry.getManifest(repository, digest)).text());
      for (const digest of blobsOf(manifests))
        expect(await (await archive.getBlob(repository, digest)).bytes()).toEqual(
          await (await registry.getBlob(repository, digest)).bytes(),
        );
    }
  });

  it("writes a layout that openLayout reads when GNU tar has unpacked it", async () => {
    const { path } = await write((from) => [multi(from), v1(from)]);
    const directory = temporaryDirectory();
    execFileSync("tar", ["-xf", path, "-C", directory]);
    const layout = await openLayout(directory);
    onTestFinished(() => layout.close());
    expect(await everythingIn(layout)).toEqual(await everythingIn(await open(path)));
    expect(await collect(layout.verify())).toEqual([]);
  });

  it("writes the same bytes for the same images, and each blob once", async () => {
    const images = (from: Registry): ImageToWrite[] => [
      multi(from),
      v1(from),
      { ...v1(from), name: "again:v1" },
    ];
    const one = await write(images, { format: "both" });
    const two = await write(images, { format: "both" });
    expect(readFileSync(one.path).equals(readFileSync(two.path))).toBe(true);
    const names = [];
    for await (const { path } of readTar(readFileSync(one.path))) names.push(path);
    expect(names.length).toBe(new Set(names).size);
  });

  it("writes the same bytes, whichever answer of a registry comes first", async () => {
    const registry = await source();
    const subject = await registry.resolveTag("team/app", "v1");
    const tag = (end: string): string => `${subject.digest.replace(":", "-")}.${end}`;
    for (const name of ["one", "two", "three"])
      await pushContent(registry, "team/app", artifact({ subject, layers: [blob(name)] }));
    for (const end of ["sig", "sbom"])
      await pushContent(registry, "team/app", artifact({ layers: [blob(end)] }), { tags: [tag(end)] });
    const writeTo = async (path: string, from: Registry): Promise<Buffer> => {
      await writeArchive(path, [multi(from), v1(from)], { referrers: true });
      return readFileSync(path);
    };
    const expected = await writeTo(target(), registry);
    let calls = 0;
    for (const phase of [0, 1, 2]) {
      // Each second or third call is answered after those that are made later.
      const wait = async (): Promise<void> => {
        calls += 1;
        if ((calls + phase) % (2 + (phase % 2)) !== 0) return;
        for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
      };
      const slow: Registry = {
        ...registry,
        getBlob: (...args) => wait().then(() => registry.getBlob(...args)),
        getManifest: (...args) => wait().then(() => registry.getManifest(...args)),
        resolveTag: (...args) => wait().then(() => registry.resolveTag(...args)),
        // A registry may list referrers in any order.
        referrers: async function* (...args) {
          yield* (await collect(registry.referrers(...args))).reverse();
        },
      };
      expect((await writeTo(target(), slow)).equals(expected)).toBe(true);
    }
    expect(calls).toBeGreaterThan(50);
  });

  it("leaves out layers that only their urls have", async () => {
    const registry = createMemoryRegistry();
    const foreign = { ...(await layer("elsewhere")).descriptor, urls: ["https://example.com/layer"] };
    const config = await blob(
      '{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}',
    );
    const first = await layer("first");
    const last = await layer("last");
    for (const { descriptor, content } of [config, first, last])
      await registry.pushBlob("app", descriptor, content);
    const manifest = {
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageManifest,
      config: { ...config.descriptor, mediaType: ociMediaTypes.imageConfig },
      layers: [foreign, first.descriptor, foreign, last.descriptor],
    };
    const content = bytes(JSON.stringify(manifest));
    await registry.pushManifest("app", content, ociMediaTypes.imageManifest, { tags: ["v1"] });
    const path = target();
    await writeArchive(path, [{ registry, repository: "app", reference: "v1" }], { format: "both" });
    const archive = await open(path);
    expect(await (await archive.getBlob("app", last.descriptor.digest)).text()).toBe("last");
    expect(await rejection(archive.getBlob("app", foreign.digest))).toMatchObject({ code: "BLOB_UNKNOWN" });
    const places = [{ registry, repository: "app", reference: "v1" }];
    expect(await rejection(writeArchive(target(), places, { format: "docker" }))).toMatchObject({
      code: "UNSUPPORTED",
    });
  });

  it("writes the name for containerd, Docker and podman, and the tag for skopeo", async () => {
    const { path } = await write((from) => [
      { ...v1(from), name: "localhost:5000/app:1.0" },
      { ...multi(from), reference: "multi", name: "docker.io/library/app:2" },
    ]);
    const archive = await open(path, {
      nameEntry: (entry) => {
        const { annotations } = entry as { annotations: Record<string, string> };
        const tag = annotations["org.opencontainers.image.ref.name"];
        const name = annotations["io.containerd.image.name"] ?? "";
        return { repository: name.replace(/:[^/]*$/, "").replace(":", "-"), tag };
      },
    });
    expect(await collect(archive.tags("localhost-5000/app"))).toEqual(["1.0"]);
    expect(await collect(archive.tags("docker.io/library/app"))).toEqual(["2"]);
  });

  it("writes an image without a name if its reference is a digest", async () => {
    const registry = await source();
    const { digest } = await registry.resolveTag("team/app", "v1");
    const path = target();
    await writeArchive(path, [{ registry, repository: "team/app", reference: digest }]);
    const archive = await open(path);
    expect(await collect(archive.tags("default"))).toEqual([]);
    expect((await archive.resolveManifest("default", digest)).digest).toBe(digest);
  });

  it("writes only the images for `platforms`", async () => {
    const { path } = await write((from) => [multi(from)], { platforms: ["linux/arm64"] });
    const archive = await open(path);
    const { manifests } = (await (await archive.getTag("team/app", "multi")).json()) as {
      manifests: { platform: { architecture: string } }[];
    };
    expect(manifests.map(({ platform }) => platform.architecture)).toEqual(["arm64"]);
  });

  it("writes referrers on demand, and the archive lists them", async () => {
    const images = (from: Registry): ImageToWrite[] => [v1(from), notes(from)];
    const without = await write(images);
    const withThem = await write(images, { referrers: true });
    const { digest } = await withThem.registry.resolveTag("team/app", "v1");
    expect(await collect((await open(without.path)).referrers("team/app", digest))).toEqual([]);
    const archive = await open(withThem.path);
    const found = await collect(archive.referrers("team/app", digest));
    expect(found).toEqual(await collect(withThem.registry.referrers("team/app", digest)));
    expect(found.length).toBe(1);
    expect(await collect(archive.referrers("other", digest))).toEqual([]);
    expect(await collect(archive.repositories())).toEqual(["other", "team/app"]);
  });

  it("writes the tags of cosign with referrers", async () => {
    const registry = await source();
    const { digest } = await registry.resolveTag("team/app", "v1");
    const tag = `${digest.replace(":", "-")}.sig`;
    await pushContent(registry, "team/app", artifact({ artifactType: "application/x-cosign" }), {
      tags: [tag],
    });
    const path = target();
    await writeArchive(path, [v1(registry)], { referrers: true });
    expect(await collect((await open(path)).tags("team/app"))).toEqual([tag, "v1"]);
  });

  it("copies from one archive to another", async () => {
    const { path } = await write((from) => [multi(from), v1(from)]);
    const first = await open(path);
    const second = target();
    await writeArchive(second, [multi(first), v1(first)]);
    expect(readFileSync(second).equals(readFileSync(path))).toBe(true);
  });
});

describe("the format docker", () => {
  it("writes the image of one platform with manifest.json, and no layout", async () => {
    const { path, registry } = await write((from) => [{ ...multi(from), name: "app:1" }], {
      format: "docker",
      platforms: ["linux/arm64"],
    });
    const archive = await open(path);
    expect(archive.format).toBe("docker");
    expect(await collect(archive.tags("app"))).toEqual(["1"]);
    const files = await collect(listFiles({ registry: archive, repository: "app", reference: "1" }));
    const expected = await collect(
      listFiles({ registry, repository: "team/app", reference: "multi" }, { platform: "linux/arm64" }),
    );
    expect(files).toEqual(expected);
    expect(
      await rejection(openArchive(path, { format: "oci" }).then((it) => collect(it.repositories()))),
    ).toMatchObject({ code: "ARCHIVE_INVALID" });
  });

  it("writes one image with several names", async () => {
    const { path } = await write((from) => [v1(from), { ...v1(from), name: "other:v2" }], {
      format: "docker",
    });
    const archive = await open(path);
    expect(await collect(archive.repositories())).toEqual(["other", "team/app"]);
  });

  it.each<[string, (from: Registry) => ImageToWrite, WriteArchiveOptions, string]>([
    ["an artifact", notes, {}, "MANIFEST_INVALID"],
    ["a platform that the image lacks", multi, { platforms: ["windows/amd64"] }, "MANIFEST_UNKNOWN"],
  ])("rejects %s", async (_name, place, options, code) => {
    const registry = await source();
    const path = target();
    expect(
      await rejection(writeArchive(path, [place(registry)], { format: "docker", ...options })),
    ).toMatchObject({
      code,
    });
    expect(readdirSync(join(path, ".."))).toEqual([]);
  });

  it("rejects an image without diff_ids for its layers", async () => {
    const registry = createMemoryRegistry();
    const config = bytes('{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}');
    const content = bytes("layer");
    await registry.pushBlob("app", await computeDigest(config), config);
    await registry.pushBlob("app", await computeDigest(content), content);
    const manifest = bytes(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: ociMediaTypes.imageManifest,
        config: { mediaType: ociMediaTypes.imageConfig, digest: digestOf(config), size: config.length },
        layers: [{ mediaType: ociMediaTypes.layer, digest: digestOf(content), size: content.length }],
      }),
    );
    await registry.pushManifest("app", manifest, ociMediaTypes.imageManifest, { tags: ["v1"] });
    const places = [{ registry, repository: "app", reference: "v1" }];
    expect(await rejection(writeArchive(target(), places, { format: "docker" }))).toMatchObject({
      code: "UNSUPPORTED",
    });
    const path = target();
    await writeArchive(path, places, { format: "both" });
    expect(await collect((await open(path)).tags("app"))).toEqual(["v1"]);
    expect(await collect((await open(path, { format: "docker" })).repositories())).toEqual([]);
  });
});

describe("the format both", () => {
  it("writes a layout that is also an archive of Docker", async () => {
    const { path, registry } = await write((from) => [multi(from), v1(from), notes(from)], {
      format: "both",
    });
    const layout = await open(path);
    expect(layout.format).toBe("oci");
    expect((await layout.resolveTag("team/app", "multi")).digest).toBe(
      (await registry.resolveTag("team/app", "multi")).digest,
    );
    const docker = await open(path, { format: "docker" });
    expect(await collect(docker.repositories())).toEqual(["team/app"]);
    expect(await collect(docker.tags("team/app"))).toEqual(["multi", "v1"]);
  });
});

describe("an archive in a file", () => {
  it("replaces a file, and leaves it as it is if writing fails", async () => {
    const { path, registry } = await write((from) => [v1(from)]);
    const before = readFileSync(path);
    const missing = { registry, repository: "team/app", reference: "missing" };
    expect(await rejection(writeArchive(path, [v1(registry), missing]))).toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(join(path, "..")).length).toBe(1);
    await writeArchive(path, [v1(registry), multi(registry)]);
    expect(statSync(path).size).toBeGreaterThan(before.length);
  });

  it.each<[string, (content: Uint8Array) => Uint8Array]>([
    ["corrupt", (content) => content.with(5, 1 + (content[5] ?? 0))],
    ["longer than it states", (content) => Buffer.concat([content, bytes("x")])],
    ["shorter than it states", (content) => content.subarray(1)],
  ])("is not written if a blob of the source is %s", async (_what, change) => {
    const registry = await source();
    const path = target();
    const { layers } = (await (await registry.getTag("team/app", "v1")).json()) as {
      layers: { digest: string }[];
    };
    const corrupt: Registry = {
      ...registry,
      getBlob: async (repository, digest, options) => {
        const reader = await registry.getBlob(repository, digest, options);
        if (digest !== layers[1]?.digest) return reader;
        const content = change(await reader.bytes());
        const { createBlobReader } = await import("@ocilayout/oci-backend");
        return createBlobReader(reader.descriptor, content, { verify: false });
      },
    };
    expect(await rejection(writeArchive(path, [v1(corrupt)]))).toMatchObject({ code: "CONTENT_CORRUPT" });
    expect(readdirSync(join(path, ".."))).toEqual([]);
  });

  it("is not written if the signal is aborted half-way", async () => {
    const registry = await source();
    const path = target();
    const controller = new AbortController();
    const reason = new Error("stop");
    const onProgress = (): void => {
      controller.abort(reason);
    };
    expect(
      await rejection(writeArchive(path, [v1(registry)], { signal: controller.signal, onProgress })),
    ).toBe(reason);
    expect(readdirSync(join(path, ".."))).toEqual([]);
  });

  it("does not replace a directory or a device", async () => {
    const registry = await source();
    const directory = join(temporaryDirectory(), "directory");
    mkdirSync(directory);
    for (const path of process.platform === "win32" ? [directory] : [directory, "/dev/null"])
      expect(await rejection(writeArchive(path, [v1(registry)]))).toMatchObject({ code: "STORAGE_FAILED" });
    expect(statSync(directory).isDirectory()).toBe(true);
  });

  it.skipIf(process.platform === "win32")("replaces a symlink, and not its target", async () => {
    const registry = await source();
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "file"), "kept");
    symlinkSync("file", join(directory, "archive.tar"));
    await writeArchive(join(directory, "archive.tar"), [v1(registry)]);
    expect(readFileSync(join(directory, "file"), "utf8")).toBe("kept");
    expect((await open(join(directory, "archive.tar"))).format).toBe("oci");
  });

  it("can replace the archive that it is written from", async () => {
    const { path } = await write((from) => [v1(from), multi(from)]);
    const archive = await open(path);
    await writeArchive(path, [v1(archive)]);
    expect(await collect((await open(path)).tags("team/app"))).toEqual(["v1"]);
  });

  it("can be copied to a layout", async () => {
    const { path } = await write((from) => [multi(from)]);
    const registry = await open(path);
    const layout = await openLayout(join(temporaryDirectory(), "layout"), { durability: "none" });
    onTestFinished(() => layout.close());
    await copy(multi(registry), { registry: layout, repository: "mine", reference: "v1" });
    expect(await collect(layout.verify())).toEqual([]);
  });
});

describe("writeArchive checks its arguments", () => {
  it.each<[string, unknown, unknown, new () => Error]>([
    ["no image", [], {}, RangeError],
    ["images that are not a list", {}, {}, TypeError],
    ["an unknown format", undefined, { format: "tar" }, TypeError],
    ["an unknown durability", undefined, { durability: "full" }, TypeError],
    ["referrers in the format docker", undefined, { format: "docker", referrers: true }, RangeError],
    [
      "two platforms in the format docker",
      undefined,
      { format: "docker", platforms: ["linux/amd64", "linux/arm64"] },
      RangeError,
    ],
  ])("rejects %s", async (_name, images, options, type) => {
    const registry = await source();
    const call = writeArchive(
      target(),
      (images ?? [v1(registry)]) as ImageToWrite[],
      options as WriteArchiveOptions,
    );
    expect(await rejection(call)).toBeInstanceOf(type);
  });

  it.each(["app", "app@sha256:0", "APP:1", "a b:1", ""])("rejects the name %j", async (name) => {
    const registry = await source();
    expect(await rejection(writeArchive(target(), [{ ...v1(registry), name }]))).toMatchObject({
      code: expect.stringMatching(/NAME_INVALID|DIGEST_INVALID/) as string,
    });
  });

  it("rejects two images with one name", async () => {
    const registry = await source();
    expect(await rejection(writeArchive(target(), [v1(registry), v1(registry)]))).toBeInstanceOf(RangeError);
  });
});

describe("blobs of a layout of any size are written byte for byte", () => {
  const sizes = [1, 511, 512, 65_535, 65_536, 600_000, 1024 ** 2, 1024 ** 2 + 1, 3_200_000];

  it.each(["a file", "a stream"])("to %s", async (to) => {
    const directory = temporaryDirectory();
    const layout = await openLayout(join(directory, "layout"), { durability: "none" });
    onTestFinished(() => layout.close());
    const layers = sizes.map((size) => layer(numbers(size)));
    await pushContent(layout, "app", image({ layers }), { tags: ["v1"] });
    const path = target();
    const chunks: Uint8Array[] = [];
    const stream = new WritableStream({
      write(chunk: Uint8Array) {
        chunks.push(chunk);
      },
    });
    await writeArchive(to === "a file" ? path : stream, [
      { registry: layout, repository: "app", reference: "v1" },
    ]);
    if (to === "a stream") writeFileSync(path, Buffer.concat(chunks));
    const archive = await open(path);
    for (const size of sizes) {
      const content = numbers(size);
      const read = await (await archive.getBlob("app", digestOf(content))).bytes();
      expect(Buffer.compare(read, content)).toBe(0);
    }
  });
});
