import { mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect, dockerMediaTypes, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";
import {
  artifact,
  blobPath,
  bytes,
  descriptorOf,
  freshLayout,
  imageIndex,
  temporaryDirectory,
} from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout, type Finding, type LayoutOptions, type LayoutRegistry } from "../src/index.ts";
import { readIndex, snapshot } from "./helpers.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;
const content = bytes("content");
const layer = descriptorOf(content);

/** Creates a layout with an index of an image with one layer. */
async function prepare(
  options: LayoutOptions = {},
): Promise<{ registry: LayoutRegistry; image: string; list: string }> {
  const registry = await openLayout(freshLayout(), options);
  await registry.pushBlob("a", layer, content);
  await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
  const image = await registry.pushManifest("a", artifact("image", { layers: [layer] }), imageManifest);
  const list = await registry.pushManifest("a", imageIndex(image), indexType, { tags: ["list"] });
  return { registry, image: image.digest, list: list.digest };
}

async function verify(directory: string, options: LayoutOptions = {}): Promise<Finding[]> {
  await using registry = await openLayout(directory, options);
  return await collect(registry.verify());
}

/** Changes the entries of a layout's index. */
function editIndex(directory: string, edit: (entries: object[]) => unknown[]): void {
  const index = readIndex(directory);
  writeFileSync(
    join(directory, "index.json"),
    JSON.stringify({ ...index, manifests: edit(index.manifests) }),
  );
}

describe("verify", () => {
  it("reports nothing about a sound or missing layout, and changes nothing", async () => {
    const { registry } = await prepare();
    const before = snapshot(registry.directory);
    expect(await collect(registry.verify())).toEqual([]);
    expect(snapshot(registry.directory)).toEqual(before);
    expect(await verify(freshLayout())).toEqual([]);
  });

  it.each<[string, (directory: string) => void]>([
    [
      "a truncated blob",
      (path) => {
        truncateSync(path, 3);
      },
    ],
    [
      "a changed blob of the right size",
      (path) => {
        writeFileSync(path, "CONTENT");
      },
    ],
  ])("reports corrupt-blob for %s", async (_name, damage) => {
    const { registry, image } = await prepare();
    damage(blobPath(registry.directory, layer.digest));
    truncateSync(blobPath(registry.directory, image), 50);
    // It reads from disk, whatever this instance has read before.
    const kinds = (await collect(registry.verify()))
      .filter(({ severity }) => severity === "error")
      .map(({ kind, digest }) => [kind, digest]);
    expect(kinds).toEqual([["corrupt-blob", image]]);
    await registry.pushManifest("a", artifact("image", { layers: [layer] }), imageManifest);
    expect(await verify(registry.directory)).toMatchObject([
      { severity: "error", kind: "corrupt-blob", digest: layer.digest },
    ]);
  });

  it("compares only sizes with content: false", async () => {
    const { registry } = await prepare();
    writeFileSync(blobPath(registry.directory, layer.digest), "CONTENT");
    expect(await collect(registry.verify({ content: false }))).toEqual([]);
    truncateSync(blobPath(registry.directory, layer.digest), 3);
    expect(await collect(registry.verify({ content: false }))).toMatchObject([
      { kind: "wrong-size", digest: layer.digest },
    ]);
  });

  it("reports missing-blob for a layer and a child, as a warning in a sparse layout, and not for a layer with urls or a subject", async () => {
    const { registry, image } = await prepare();
    const elsewhere = { ...descriptorOf(bytes("elsewhere")), urls: ["https://example.com/x"] };
    const subject = descriptorOf(bytes("subject"), imageManifest);
    await registry.pushManifest("a", artifact("more", { layers: [elsewhere], subject }), imageManifest);
    rmSync(blobPath(registry.directory, layer.digest));
    expect(await collect(registry.verify())).toMatchObject([
      { severity: "error", kind: "missing-blob", digest: layer.digest },
    ]);
    rmSync(blobPath(registry.directory, image));
    expect(await verify(registry.directory, { allowSparse: true })).toMatchObject([
      { severity: "warning", kind: "missing-blob", digest: image },
    ]);
  });

  // clause 8
  it("reports missing-blob for a link out of the layout", async () => {
    const { registry } = await prepare();
    const secret = join(temporaryDirectory(), "secret");
    writeFileSync(secret, content);
    rmSync(blobPath(registry.directory, layer.digest));
    symlinkSync(secret, blobPath(registry.directory, layer.digest));
    expect(await collect(registry.verify())).toMatchObject([{ kind: "missing-blob", digest: layer.digest }]);
    expect(await verify(registry.directory, { followSymlinks: true })).toEqual([]);
  });

  it("reports wrong-size for an entry whose size differs from the file's", async () => {
    const { registry, list } = await prepare();
    editIndex(registry.directory, ([entry]) => [{ ...entry, size: 7 }]);
    expect(await verify(registry.directory)).toMatchObject([
      { severity: "error", kind: "wrong-size", digest: list },
    ]);
  });

  it("reports damaged-manifest for bytes that match their digest and are not a manifest", async () => {
    const { registry } = await prepare();
    const nonsense = bytes("[]");
    await registry.pushBlob("a", descriptorOf(nonsense), nonsense);
    editIndex(registry.directory, (entries) => [
      ...entries,
      {
        ...descriptorOf(nonsense, imageManifest),
        annotations: { "org.opencontainers.image.ref.name": "a:bad" },
      },
    ]);
    expect(await verify(registry.directory)).toMatchObject([
      { severity: "error", kind: "damaged-manifest", digest: descriptorOf(nonsense).digest },
    ]);
  });

  it("reports foreign-entry, and names the option that would read it", async () => {
    const { registry, list } = await prepare();
    const entry = (name: string | undefined, more = {}): object => {
      const annotations = name === undefined ? undefined : { "org.opencontainers.image.ref.name": name };
      return { mediaType: indexType, digest: list, size: 1, ...more, annotations };
    };
    editIndex(registry.directory, (entries) => [
      ...entries,
      entry("bare"),
      entry(undefined),
      entry("A:b:c"),
      entry("a:x", { digest: "nonsense" }),
    ]);
    const found = (await verify(registry.directory, { defaultRepository: null })).filter(
      ({ kind }) => kind === "foreign-entry",
    );
    expect(found.map(({ severity, digest, refName }) => [severity, digest, refName])).toEqual([
      ["warning", list, "bare"],
      ["warning", list, undefined],
      ["warning", list, "A:b:c"],
      ["warning", undefined, "a:x"],
    ]);
    expect(found[0]?.message).toContain("defaultRepository");
    expect(found[2]?.message).toContain("nameEntry");
    const read = await verify(registry.directory, { defaultRepository: "x" });
    expect(read.filter(({ kind }) => kind === "foreign-entry")).toHaveLength(2);
    expect(read.find(({ refName }) => refName === "A:b:c")?.message).toContain(`x@${list} refers to it`);
  });

  it("reports docker-manifest for an entry that skopeo and umoci do not read from a layout", async () => {
    await using registry = await openLayout(freshLayout());
    await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
    const manifest = artifact("docker", { mediaType: dockerMediaTypes.manifest });
    const { digest } = await registry.pushManifest("a", manifest, dockerMediaTypes.manifest, {
      tags: ["v1"],
    });
    const found = await verify(registry.directory);
    expect(found).toMatchObject([{ severity: "warning", kind: "docker-manifest", digest, refName: "a:v1" }]);
    expect(found[0]?.message).toContain("skopeo, podman, buildah and umoci do not read");
  });

  it("reports empty-index for an index without entries beside blobs", async () => {
    await using registry = await openLayout(freshLayout());
    await registry.pushManifest("a", artifact("one"), imageManifest, { tags: ["v1"] }).catch(() => undefined);
    expect(await verify(registry.directory)).toEqual([]);
    await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
    const found = await verify(registry.directory);
    expect(found.map(({ severity, kind, path }) => [severity, kind, path])).toEqual([
      ["warning", "empty-index", "index.json"],
      ["warning", "unreachable-blob", expect.stringContaining("blobs/sha256/")],
    ]);
    await registry.pushManifest("a", artifact("one"), imageManifest, { tags: ["v1"] });
    expect(await verify(registry.directory)).toEqual([]);
  });

  it("reports duplicate-ref for a bare tag and the same tag in full", async () => {
    const { registry } = await prepare();
    const named = (name: string): object => ({ annotations: { "org.opencontainers.image.ref.name": name } });
    editIndex(registry.directory, ([entry]) =>
      ["v9", "default:v9"].map((name) => ({ ...entry, ...named(name) })),
    );
    const found = (await verify(registry.directory)).filter(({ kind }) => kind === "duplicate-ref");
    expect(found.map(({ refName }) => refName)).toEqual(["default:v9"]);
    expect(found[0]?.message).toContain('default:v9 as "v9" and as "default:v9"');
  });

  it("reports duplicate-ref for each entry that another of the same name hides", async () => {
    const { registry, image, list } = await prepare();
    editIndex(registry.directory, ([entry]) => [
      entry,
      { ...entry, digest: image, mediaType: imageManifest },
    ]);
    const found = (await verify(registry.directory)).filter(({ kind }) => kind === "duplicate-ref");
    expect(found).toMatchObject([{ severity: "warning", digest: image, refName: "a:list" }]);
    expect(list).not.toBe(image);
  });

  it("reports unreachable-blob and stray-file", async () => {
    const { registry } = await prepare();
    const { directory } = registry;
    await registry.pushBlob("a", descriptorOf(bytes("unused")), bytes("unused"));
    for (const path of ["README", "blobs/file", "blobs/sha256/short", "blobs/sha256/.tmp"])
      writeFileSync(join(directory, path), "x");
    mkdirSync(join(directory, "blobs", "sha256", "directory"));
    mkdirSync(join(directory, "nested"));
    const found = await collect(registry.verify());
    expect(found.map(({ severity, kind, path }) => `${severity} ${kind} ${path ?? ""}`).sort()).toEqual([
      "warning stray-file README",
      "warning stray-file blobs/file",
      "warning stray-file blobs/sha256/.tmp",
      "warning stray-file blobs/sha256/directory",
      "warning stray-file blobs/sha256/short",
      `warning unreachable-blob blobs/${descriptorOf(bytes("unused")).digest.replace(":", "/")}`,
    ]);
  });

  it("reports stale-upload for an expired session and for a file that a killed push left", async () => {
    const { registry } = await prepare();
    const { directory } = registry;
    const writer = await registry.pushBlobChunked("a");
    await writer.close();
    writeFileSync(join(directory, "_uploads", "left.blob"), "x");
    expect(await collect(registry.verify())).toEqual([]);
    for (const name of [`${writer.id}/data`, "left.blob"])
      utimesSync(join(directory, "_uploads", name), 1, 1);
    const found = await collect(registry.verify());
    expect(found.map(({ kind, path }) => `${kind} ${path ?? ""}`).sort()).toEqual(
      [`stale-upload _uploads/${writer.id}`, "stale-upload _uploads/left.blob"].sort(),
    );
  });

  it("reports damaged-layout instead of rejecting", async () => {
    const { registry } = await prepare();
    writeFileSync(join(registry.directory, "index.json"), "[]");
    utimesSync(join(registry.directory, "index.json"), 1, 1);
    rmSync(join(registry.directory, "oci-layout"));
    expect(await verify(registry.directory)).toMatchObject([{ severity: "error", kind: "damaged-layout" }]);
  });

  it("reports no path of this machine in any message", async () => {
    const { registry, image } = await prepare();
    rmSync(blobPath(registry.directory, image));
    writeFileSync(join(registry.directory, "README"), "x");
    for (const { message } of await collect(registry.verify()))
      expect(message).not.toContain(registry.directory);
  });

  // clause 2
  it("ends when its signal aborts", async () => {
    const { registry, image } = await prepare();
    rmSync(blobPath(registry.directory, image));
    writeFileSync(join(registry.directory, "README"), "x");
    const controller = new AbortController();
    const findings = registry.verify({ signal: controller.signal })[Symbol.asyncIterator]();
    await findings.next();
    controller.abort();
    await expect(findings.next()).rejects.toBe(controller.signal.reason);
  });
});
