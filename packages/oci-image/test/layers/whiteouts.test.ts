import { describe, expect, it } from "vitest";

import { readFile } from "../../src/index.ts";
import { collectPaths, directory, file, filesOf, imageOf, pathsOf, symlink } from "./images.ts";

const invalid = (reason: string): object => ({
  code: "ARCHIVE_INVALID",
  message: expect.stringContaining(reason) as unknown,
});

// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
describe("whiteouts", () => {
  it("hide a file, or a directory with everything below it, of lower layers", async () => {
    const base = [file("a"), directory("d"), file("d/x"), file("d/e/y"), file("da")];
    expect(await pathsOf(base, [file(".wh.a")])).toEqual(["/d/", "/d/e/", "/d/e/y", "/d/x", "/da"]);
    expect(await pathsOf(base, [file(".wh.d")])).toEqual(["/a", "/da"]);
    expect(await pathsOf(base, [file("d/.wh.e")])).toEqual(["/a", "/d/", "/d/x", "/da"]);
  });

  it("do not hide files of their own layer, before and after them", async () => {
    const whiteouts = [file(".wh.a"), file("d/.wh..wh..opq")];
    const files = [file("a"), file("d/x")];
    const base = [file("a"), file("d/old")];
    for (const layer of [
      [...whiteouts, ...files],
      [...files, ...whiteouts],
    ])
      expect(await pathsOf(base, layer)).toEqual(["/a", "/d/", "/d/x"]);
  });

  it("do not hide files of higher layers", async () => {
    expect(await pathsOf([file("a")], [file(".wh.a")], [file("a")])).toEqual(["/a"]);
  });

  it("that are opaque hide the content of a directory, and keep the directory with its facts", async () => {
    const base = [directory("d", 0o711), file("d/x"), file("d/e/y")];
    const { at } = await imageOf(base, [file("d/.wh..wh..opq"), file("d/e/z")]);
    const files = await filesOf(at);
    expect([...files.keys()]).toEqual(["/", "/d", "/d/e", "/d/e/z"]);
    expect(files.get("/d")?.mode).toBe(0o711);
  });

  it("at the root hide all lower layers", async () => {
    expect(await pathsOf([file("a"), file("d/x")], [file("b"), file(".wh..wh..opq")])).toEqual(["/b"]);
  });

  it("of missing files, and in missing directories, change nothing", async () => {
    expect(await pathsOf([file("a")], [file(".wh.b"), file("c/.wh.x"), file("d/.wh..wh..opq")])).toEqual([
      "/a",
    ]);
  });

  it("below a file of a lower layer do not hide the file", async () => {
    expect(await pathsOf([file("a")], [file("a/.wh.x")])).toEqual(["/a"]);
  });

  it("below a file of their own layer change nothing: umoci writes them if a file replaces a directory", async () => {
    const base = [directory("d"), file("d/x"), file("d/e/y")];
    const whiteouts = [file("d/.wh.x"), file("d/.wh..wh..opq"), file("d/e/.wh.y")];
    for (const layer of [
      [file("d"), ...whiteouts],
      [...whiteouts, file("d")],
    ]) {
      const { at } = await imageOf(base, layer);
      expect(await collectPaths(at)).toEqual(["/d"]);
      expect(await (await readFile(at, "d")).text()).toBe("d");
    }
  });

  it("can have any type", async () => {
    expect(await pathsOf([file("a"), file("b")], [directory(".wh.a"), symlink(".wh.b", "a")])).toEqual([]);
  });

  it("of AUFS, and its directories at the root, are not files", async () => {
    const layer = [
      file(".wh..wh.aufs"),
      directory(".wh..wh.plnk"),
      file(".wh..wh.plnk/1"),
      file("d/.wh..wh.x"),
    ];
    expect(await pathsOf([file(".wh.x/a"), file("d/.wh.x/a")], layer)).toEqual([
      "/.wh.x/",
      "/.wh.x/a",
      "/d/",
      "/d/.wh.x/",
      "/d/.wh.x/a",
    ]);
  });

  it.each([".wh.", "d/.wh.", ".wh..", "d/.wh..."])("without a name are ARCHIVE_INVALID: %s", async (path) => {
    await expect(pathsOf([file(path)])).rejects.toMatchObject(invalid("the whiteout names no file"));
  });

  it("are not devices 0/0, which overlay file systems use on disk", async () => {
    const device = { path: "a", type: "character-device" } as const;
    const files = await filesOf((await imageOf([file("a")], [device])).at);
    expect(files.get("/a")).toMatchObject({ type: "character-device", device: { major: 0, minor: 0 } });
  });
});

describe("directories", () => {
  it("of two layers are merged, with the facts of the higher one", async () => {
    const files = await filesOf(
      (await imageOf([directory("d", 0o700), file("d/x")], [directory("d", 0o711)])).at,
    );
    expect([...files.keys()]).toEqual(["/", "/d", "/d/x"]);
    expect(files.get("/d")?.mode).toBe(0o711);
  });

  it("that are replaced by a file, and back, have no old content", async () => {
    const base = [directory("d"), file("d/x")];
    expect(await pathsOf(base, [file("d")])).toEqual(["/d"]);
    expect(await pathsOf(base, [file("d")], [directory("d"), file("d/y")])).toEqual(["/d/", "/d/y"]);
    expect(await pathsOf(base, [file("d"), directory("d")])).toEqual(["/d/"]);
  });

  it("that are removed and made again have no old content", async () => {
    const base = [directory("d"), file("d/x")];
    expect(await pathsOf(base, [file(".wh.d")], [file("d/y")])).toEqual(["/d/", "/d/y"]);
    expect(await pathsOf(base, [file(".wh.d"), directory("d"), file("d/y")])).toEqual(["/d/", "/d/y"]);
  });

  it("that are only implied have the facts of a lower layer, or mode 0o755 and no offset", async () => {
    const { at, layers } = await imageOf([directory("d", 0o711)], [file("d/e/x")]);
    const files = await filesOf(at);
    expect(files.get("/d")).toMatchObject({ mode: 0o711, layer: layers[0]?.digest, offset: 0 });
    const implied = { type: "directory", size: 0, mode: 0o755, uid: 0, gid: 0, mtime: 0 };
    expect(files.get("/d/e")).toEqual({ path: "/d/e", ...implied, layer: layers[1]?.digest });
  });

  it("that a layer implies replace files and symlinks of lower layers", async () => {
    expect(await pathsOf([file("a"), symlink("b", "c"), file("c/x")], [file("a/x"), file("b/y")])).toEqual([
      "/a/",
      "/a/x",
      "/b/",
      "/b/y",
      "/c/",
      "/c/x",
    ]);
  });

  it("above a file of the same layer are ARCHIVE_INVALID", async () => {
    await expect(pathsOf([file("a"), file("a/x")])).rejects.toMatchObject(
      invalid("is a file in the same layer"),
    );
  });

  it("behind symlinks of the same layer are found within the root", async () => {
    const links = [symlink("lib", "usr/lib"), symlink("up", "../../x"), symlink("abs", "/usr")];
    expect(await pathsOf([...links, file("lib/a"), file("up/b"), file("abs/c")])).toEqual([
      "/abs",
      "/lib",
      "/up",
      "/usr/",
      "/usr/c",
      "/usr/lib/",
      "/usr/lib/a",
      "/x/",
      "/x/b",
    ]);
  });

  it("behind a loop of symlinks are ARCHIVE_INVALID", async () => {
    await expect(pathsOf([symlink("a", "a"), file("a/x")])).rejects.toMatchObject(invalid("40 symlinks"));
  });
});
