import { describe, expect, it } from "vitest";

import { header } from "../tar/archives.ts";
import { directory, file, filesOf, imageOf, link, pathsOf, symlink } from "./images.ts";

const invalid = (reason: string): object => ({
  code: "ARCHIVE_INVALID",
  message: expect.stringContaining(reason) as unknown,
});

// https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets
describe("paths", () => {
  it("begin at the root, and cannot leave it", async () => {
    const layer = [
      file("./a"),
      file("/b"),
      file(".//c/./x"),
      file("../../d"),
      file("e/../f"),
      directory("./"),
    ];
    const files = await filesOf((await imageOf(layer)).at);
    expect([...files.keys()]).toEqual(["/", "/a", "/b", "/c", "/c/x", "/d", "/f"]);
    expect(files.get("/")?.mode).toBe(0o700);
  });

  it("are case-sensitive, and can have bytes that are not UTF-8", async () => {
    expect(await pathsOf([file("a"), file("A"), file("\udcff\n"), file("d/\udcfe")])).toEqual([
      "/A",
      "/a",
      "/d/",
      "/d/\udcfe",
      "/\udcff\n",
    ]);
  });

  it("that a layer has twice name the last entry", async () => {
    const files = await filesOf((await imageOf([file("a", "1"), file("b"), file("a", "22")])).at);
    expect(files.get("/a")?.size).toBe(2);
    expect(await pathsOf([file("a"), file("d/x"), file("d"), symlink("a", "d")])).toEqual(["/a", "/d"]);
  });

  it("of the root are ARCHIVE_INVALID, except for a directory", async () => {
    await expect(pathsOf([symlink("..", "x")])).rejects.toMatchObject(invalid("the root is not a directory"));
  });
});

describe("hard links", () => {
  it("have the facts of their target, and its layer and offset", async () => {
    const target = { ...file("a"), mode: 0o600, mtime: 5, xattrs: [["user.x", Uint8Array.of(1)]] as const };
    const { at, layers } = await imageOf([target, link("b", "a")], [link("c", "./b")], [link("d", "c")]);
    const files = await filesOf(at);
    const facts = { type: "file", size: 1, mode: 0o600, mtime: 5, layer: layers[0]?.digest, offset: 0 };
    for (const path of ["/a", "/b", "/c", "/d"])
      expect(files.get(path)).toMatchObject({
        path,
        ...facts,
        xattrs: new Map([["user.x", Uint8Array.of(1)]]),
      });
  });

  it("keep the content if the target is replaced or removed", async () => {
    const base = [file("a", "long content"), link("b", "a")];
    for (const layers of [
      [base, [file("a", "")]],
      [base, [file(".wh.a")]],
      [[...base, file("a", "")]],
      [[file("a", "long content")], [link("b", "a"), file(".wh.a")]],
      [[file("a", "long content")], [file(".wh.a"), link("b", "a")]],
      [[file("a", "long content")], [link("b", "a")], [file("a", "")]],
    ])
      expect((await filesOf((await imageOf(...layers)).at)).get("/b")?.size).toBe(12);
  });

  it("can be to symlinks, and be behind symlinks of the same layer", async () => {
    const files = await filesOf(
      (await imageOf([symlink("s", "x"), link("t", "s"), symlink("l", "d"), file("d/a"), link("b", "l/a")]))
        .at,
    );
    expect(files.get("/t")).toMatchObject({ type: "symlink", linkName: "x" });
    expect(files.get("/b")).toMatchObject({ type: "file", size: 3 });
  });

  it.each<[string, readonly (readonly ReturnType<typeof file>[])[]]>([
    ["a missing file", [[link("b", "a")]]],
    ["a file that comes later", [[link("b", "a"), file("a")]]],
    ["a removed file", [[file("a")], [file(".wh.a")], [link("b", "a")]]],
    ["a file below a replaced directory", [[file("d/a")], [file("d")], [link("b", "d/a")]]],
    [
      "a file that a directory of a higher layer hides",
      [[file("a/x")], [file("a")], [file("a/y")], [link("b", "a/x")]],
    ],
    ["a directory", [[directory("d"), link("b", "d")]]],
    ["a directory of a lower layer", [[directory("d")], [link("b", "d")]]],
    ["the root", [[link("b", "/")]]],
    ["itself", [[link("b", "b")]]],
    ["a file below a file", [[file("a"), link("b", "a/x")]]],
  ])("to %s are ARCHIVE_INVALID", async (_, layers) => {
    await expect(pathsOf(...layers)).rejects.toMatchObject(invalid("link"));
  });

  it("without a target are ignored if a higher layer hides them", async () => {
    expect(await pathsOf([link("b", "a")], [file("b")])).toEqual(["/b"]);
  });
});

describe("types", () => {
  it("list devices, FIFOs, symlinks and extended attributes", async () => {
    const layer = [
      { path: "dev/null", type: "character-device", deviceMajor: 1, deviceMinor: 3 },
      { path: "dev/sda", type: "block-device", deviceMajor: 8 },
      { path: "pipe", type: "fifo" },
      { path: "s", type: "symlink", linkName: "../\udcff" },
      { path: "x", xattrs: [["security.capability", Uint8Array.of(1, 2)]] },
    ] as const;
    const files = await filesOf((await imageOf(layer)).at);
    expect(files.get("/dev/null")).toMatchObject({
      type: "character-device",
      device: { major: 1, minor: 3 },
    });
    expect(files.get("/dev/sda")).toMatchObject({ type: "block-device", device: { major: 8, minor: 0 } });
    expect(files.get("/pipe")?.type).toBe("fifo");
    expect(files.get("/s")).toMatchObject({ linkName: "../\udcff", size: 0 });
    expect(files.get("/x")?.xattrs?.get("security.capability")).toEqual(Uint8Array.of(1, 2));
  });

  it("that runtimes do not know are ARCHIVE_INVALID", async () => {
    const plain = Buffer.concat([header({ typeflag: "Z" }), new Uint8Array(1024)]);
    await expect(pathsOf({ blob: plain, plain })).rejects.toMatchObject(
      invalid("runtimes do not know the type"),
    );
  });
});
