import { ociMediaTypes } from "@ocilayout/oci-types";
import { bytes, descriptorOf, digestOf, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { appendLayer } from "../../src/change/edits.ts";
import { createLayer } from "../../src/create-layer/create-layer.ts";
import type { LayerFile } from "../../src/create-layer/layer-file.ts";
import { readImage } from "../../src/reading/read-image.ts";
import { openFresh, placeOf, pushImage } from "../change/images.ts";
import { entriesOf, pathsOf, unzip } from "./layers.ts";

const app: LayerFile = { path: "app/main.js", content: bytes("run()") };

describe("a new layer", () => {
  it("describes its bytes with and without compression", async () => {
    const layer = await createLayer([app]);
    expect(layer.descriptor).toEqual(descriptorOf(layer.content, ociMediaTypes.layerGzip));
    expect(layer.diffId).toBe(digestOf(unzip(layer)));
    const plain = await createLayer([app], { compression: "none" });
    expect(plain.descriptor).toEqual(descriptorOf(plain.content, ociMediaTypes.layer));
    expect(plain.diffId).toBe(plain.descriptor.digest);
    expect(plain.diffId).toBe(layer.diffId);
  });

  it("is appended to an image with its history", async () => {
    const registry = await openFresh();
    await pushImage(registry, "base", { tags: ["v1"], config: { history: undefined } });
    const layer = await createLayer([app], { history: { created_by: "build" } });
    await appendLayer(placeOf(registry, "v1"), layer);
    const { manifest, config } = await readImage(placeOf(registry, "v1"));
    expect(manifest.layers.at(-1)).toEqual(layer.descriptor);
    expect(config.rootfs.diff_ids.at(-1)).toBe(layer.diffId);
    expect(layer.history).toEqual({ created_by: "build" });
  });

  it("has owner 0, time 0 and common modes by default", async () => {
    const files: LayerFile[] = [app, { path: "d/" }, { path: "s", type: "symlink", linkName: "d" }];
    const entries = await entriesOf(files);
    expect(entries.map(({ path, type, mode }) => [path, type, mode])).toEqual([
      ["app/main.js", "file", 0o644],
      ["d/", "directory", 0o755],
      ["s", "symlink", 0o777],
    ]);
    for (const entry of entries)
      expect(entry).toMatchObject({ uid: 0, gid: 0, userName: "", groupName: "", mtime: 0 });
  });

  it("keeps the attributes of a file", async () => {
    const file: LayerFile = {
      path: "f",
      mode: 0o4751,
      uid: 1000,
      gid: 3_000_000,
      userName: "me",
      mtime: 12.5,
      xattrs: [["user.a", bytes("1")]],
    };
    const { xattrs, ...attributes } = file;
    const [entry] = await entriesOf([file]);
    expect(entry).toMatchObject(attributes);
    expect(entry?.xattrs).toEqual(new Map(xattrs));
  });

  it("has devices and pipes", async () => {
    const files: LayerFile[] = [
      { path: "null", type: "character-device", deviceMajor: 1, deviceMinor: 3 },
      { path: "pipe", type: "fifo" },
    ];
    expect(await entriesOf(files)).toMatchObject(files);
  });

  it("can be empty", async () => {
    expect(await entriesOf([])).toEqual([]);
  });

  it("has the same bytes after it was made from an async iterable", async () => {
    const lazy = (async function* () {
      yield app;
    })();
    expect((await createLayer(lazy)).diffId).toBe((await createLayer([app])).diffId);
  });
});

describe("the time of a new layer", () => {
  it("limits later times and keeps earlier ones", async () => {
    const files: LayerFile[] = [{ path: "early", mtime: 5 }, { path: "late", mtime: 50 }, { path: "none" }];
    const entries = await entriesOf(files, { mtime: 10, removed: ["z"] });
    expect(entries.map(({ path, mtime }) => [path, mtime])).toEqual([
      [".wh.z", 10],
      ["early", 5],
      ["late", 10],
      ["none", 10],
    ]);
  });

  it("can be before 1970", async () => {
    expect(await entriesOf([{ path: "f" }], { mtime: -1 })).toMatchObject([{ mtime: -1 }]);
  });
});

describe("the order of a new layer", () => {
  it("has a directory before its content and before longer names", async () => {
    const paths = ["a-b", "a/b", "a/", "a.b", "B", "é", "a/é", "."];
    expect(
      await pathsOf(
        paths.map((path) => ({
          path,
          type: path.endsWith("/") ? "directory" : path === "." ? "directory" : "file",
        })),
      ),
    ).toEqual(["./", "B", "a/", "a/b", "a/é", "a-b", "a.b", "é"]);
  });

  it("sorts by bytes, not by UTF-16", async () => {
    expect(await pathsOf([{ path: "\u{10000}" }, { path: "\uff00" }])).toEqual(["\uff00", "\u{10000}"]);
  });

  it("has a file before its hard links, which stay in their directories", async () => {
    const files: LayerFile[] = [
      { path: "d/", mtime: 5 },
      { path: "d/a", type: "link", linkName: "./z" },
      { path: "d/b", type: "link", linkName: "z" },
      { path: "e" },
      { path: "z", content: bytes("z"), mode: 0o600, mtime: 6 },
    ];
    const attributes = { mode: 0o600, mtime: 6 };
    expect(await entriesOf(files)).toMatchObject([
      { path: "d/" },
      { path: "d/a", type: "file", bytes: bytes("z"), ...attributes },
      { path: "d/b", type: "link", linkName: "d/a", size: 0, ...attributes },
      { path: "e" },
      { path: "z", type: "link", linkName: "d/a", ...attributes },
    ]);
  });
});

describe("the paths of a new layer", () => {
  it("are relative and without dots", async () => {
    expect(
      await pathsOf([{ path: "/etc//a" }, { path: "./etc/b" }, { path: "/", type: "directory" }]),
    ).toEqual(["./", "etc/a", "etc/b"]);
  });

  it.each([
    ["../a", 'contains ".."'],
    ["a/..", 'contains ".."'],
    ["", "is empty"],
    ["a/.wh.b", "reserved"],
    [".wh.d/b", "reserved"],
    ["a\0b", "zero byte"],
    ["\ud800", "lone surrogate"],
    ["/", undefined],
  ])("reject %j", async (path, reason) => {
    const error = await rejection(createLayer([{ path, type: path === "/" ? "fifo" : "file" }]));
    expect(error).toMatchObject({ code: "NAME_INVALID" });
    if (reason !== undefined) expect(String(error)).toContain(reason);
  });

  it("reject two files of one path", async () => {
    expect(await rejection(createLayer([{ path: "a" }, { path: "/a/" }]))).toMatchObject({
      code: "NAME_INVALID",
      message: expect.stringContaining("occurs twice") as string,
    });
  });

  it.each(["file", "symlink"] as const)("reject a file below a %s", async (type) => {
    const files: LayerFile[] = [{ path: "a/b/c" }, { path: "a", type, linkName: "x" }];
    expect(await rejection(createLayer(files))).toMatchObject({ code: "NAME_INVALID" });
  });

  it.each(["missing", "directory", "link", ""])("reject a link to %j", async (linkName) => {
    const files: LayerFile[] = [
      { path: "directory/" },
      { path: "file" },
      { path: "link", type: "link", linkName: "file" },
      { path: "other", type: "link", linkName },
    ];
    expect(await rejection(createLayer(files))).toMatchObject({ code: "NAME_INVALID" });
  });

  it("keep bytes that are not UTF-8", async () => {
    expect(await pathsOf([{ path: "\udcff" }])).toEqual(["\udcff"]);
  });
});

describe("the parents of files", () => {
  it("are not added by default", async () => {
    expect(await pathsOf([{ path: "tmp/a" }])).toEqual(["tmp/a"]);
  });

  it("are added with mode 0o755 on request", async () => {
    const files: LayerFile[] = [{ path: "a/b/c/f" }, { path: "a/b", type: "directory", mode: 0o700 }];
    const entries = await entriesOf(files, { parents: true, mtime: 7, removed: ["x/y"] });
    expect(entries.map(({ path, mode, mtime }) => [path, mode, mtime])).toEqual([
      ["a/", 0o755, 7],
      ["a/b/", 0o700, 7],
      ["a/b/c/", 0o755, 7],
      ["a/b/c/f", 0o644, 7],
      ["x/.wh.y", 0o644, 7],
    ]);
  });
});

describe("removals in a new layer", () => {
  it("are whiteouts before the other files of their directory", async () => {
    const files: LayerFile[] = [{ path: "a/!first" }, { path: "a/b" }, { path: "a/" }];
    const options = { removed: ["/a/b", "a/b", "c"], opaque: ["a/", "."] };
    expect(await pathsOf(files, options)).toEqual([
      ".wh..wh..opq",
      ".wh.c",
      "a/",
      "a/.wh..wh..opq",
      "a/.wh.b",
      "a/!first",
      "a/b",
    ]);
  });

  it.each(["", ".", "/", "a/../b", ".wh.a", "f/x"])("reject %j", async (path) => {
    expect(await rejection(createLayer([{ path: "f" }], { removed: [path] }))).toMatchObject({
      code: "NAME_INVALID",
    });
  });

  it("must be a list", async () => {
    expect(await rejection(createLayer([], { removed: "ab" }))).toBeInstanceOf(TypeError);
  });
});

describe("the options of a new layer", () => {
  it.each([
    [{ compression: "brotli" }, TypeError],
    [{ mtime: "0" }, TypeError],
    [{ mtime: NaN }, RangeError],
    [{ parents: 1 }, TypeError],
    [{ maxBytes: -1 }, RangeError],
    [{ removed: [1] }, TypeError],
    [{ opaque: 1 }, TypeError],
  ])("reject %j", async (options, type) => {
    expect(await rejection(createLayer([], options as never))).toBeInstanceOf(type);
  });

  it("limit the size in memory", async () => {
    const { content } = await createLayer([app]);
    expect((await createLayer([app], { maxBytes: content.length })).content).toEqual(content);
    expect(await rejection(createLayer([app], { maxBytes: content.length - 1 }))).toMatchObject({
      code: "SIZE_INVALID",
      detail: { limit: content.length - 1 },
    });
  });

  it("abort the call", async () => {
    const reason = new Error("stop");
    expect(await rejection(createLayer([app], { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });

  it("can have a hash of their own", async () => {
    const calls: string[] = [];
    await createLayer([app], {
      createHasher: (algorithm) => (
        calls.push(algorithm),
        { update: () => undefined, digest: () => "0".repeat(64) }
      ),
    });
    expect(calls).toEqual(["sha256", "sha256"]);
  });
});
