import { gzipSync } from "node:zlib";

import { descriptorOf, digestOf, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readFile, type LayerProgress } from "../../src/index.ts";
import { directory, file, imageOf, link, symlink, tarOf, type LayerInit } from "./images.ts";

const content = async (path: string, ...layers: readonly LayerInit[]): Promise<string> =>
  (await readFile((await imageOf(...layers)).at, path)).text();

const unknown = (reason: string): object => ({
  code: "FILE_UNKNOWN",
  message: expect.stringContaining(reason) as unknown,
});

describe("readFile", () => {
  it("reads a file from the highest layer that has it, and no layer below", async () => {
    const { at, registry, layers } = await imageOf([file("a", "old")], [file("a", "new")], [file("b")]);
    const reader = await readFile(at, "/a");
    expect(await reader.text()).toBe("new");
    expect(reader.descriptor).toEqual(
      descriptorOf(new TextEncoder().encode("new"), "application/octet-stream"),
    );
    expect(reader.file).toMatchObject({ path: "/a", type: "file", size: 3, layer: layers[1]?.digest });
    expect(registry.asked).toContain(layers[1]?.digest);
    expect(registry.asked).not.toContain(layers[0]?.digest);
    expect(registry.open).toBe(0);
  });

  it.each(["etc/hosts", "/etc/hosts", "./etc//hosts", "../etc/./hosts", "etc/../etc/hosts"])(
    "accepts a path in any form: %s",
    async (path) => {
      expect(await content(path, [file("etc/hosts", "x")])).toBe("x");
    },
  );

  it("follows symlinks within the image, also those above the file", async () => {
    const base = [directory("usr/lib"), file("usr/lib/os-release", "x"), file("secret", "y")];
    const links = [
      symlink("lib", "usr/lib"),
      symlink("etc/os-release", "../lib/./os-release"),
      symlink("abs", "/etc/os-release"),
      symlink("out", "../../../secret"),
      symlink("up", "lib/../secret"),
    ];
    for (const path of ["lib/os-release", "etc/os-release", "abs", "/abs"])
      expect(await content(path, base, links)).toBe("x");
    for (const path of ["out", "lib/../../secret"]) expect(await content(path, base, links)).toBe("y");
    // `lib` is `usr/lib`, so `lib/..` is `usr`.
    expect(await rejection(content("up", base, [...links, file("usr/x")]))).toMatchObject(
      unknown("does not exist"),
    );
    const reader = await readFile((await imageOf(base, links)).at, "abs");
    expect(reader.file.path).toBe("/usr/lib/os-release");
  });

  it("follows hard links into lower layers, also if the target was replaced", async () => {
    expect(await content("b", [file("a", "x")], [link("b", "a")], [file("a", "y")])).toBe("x");
    expect(await content("c", [file("a", "x")], [link("b", "a")], [link("c", "b")])).toBe("x");
    expect(await content("b", [file("a", "x"), link("b", "a"), file("a", "y")])).toBe("x");
  });

  it("follows hard links to symlinks of lower layers above the file", async () => {
    const base = [symlink("deep/er/s", "/d"), file("d/x", "x")];
    expect(await content("l/x", base, [link("l", "deep/er/s")])).toBe("x");
  });

  it.each(["l/.wh..wh..opq", "l/.wh.x", "l/d/.wh.x"])(
    "follows a symlink that a whiteout is below in a higher layer: %s",
    async (whiteout) => {
      const layers = [[symlink("l", "."), file("x", "old"), file("d/x", "old")], [file(whiteout, "")]];
      for (const path of ["l/x", "l/d/x"])
        expect(await content(path, ...layers, [file("x", "new"), file("d/x", "new")])).toBe("new");
      expect(await content("l/x", ...layers)).toBe("old");
    },
  );

  it.each<[string, string, string, readonly LayerInit[]]>([
    ["a missing file", "b", "does not exist", [[file("a")]]],
    ["an image without layers", "b", "does not exist", []],
    ["a removed file", "a", "does not exist", [[file("a")], [file(".wh.a")]]],
    ["a file in an opaque directory", "d/a", "does not exist", [[file("d/a")], [file("d/.wh..wh..opq")]]],
    ["a directory", "d", "is a directory", [[directory("d")]]],
    ["an implied directory", "d", "is a directory", [[file("d/x")]]],
    ["the root", "/", "is a directory", [[file("d/x")]]],
    ["a FIFO", "p", "is a fifo", [[{ path: "p", type: "fifo" }]]],
    ["a file below a file", "a/x", "does not exist", [[file("a")]]],
    ["a directory behind a file", "a/..", "does not exist", [[file("a")]]],
    ["a symlink without a target", "s", "does not exist", [[symlink("s", "a")]]],
    [
      "a file behind a symlink that a directory of a higher layer hides",
      "lib/a",
      "does not exist",
      [[symlink("lib", "usr"), file("usr/a")], [file("lib/b")]],
    ],
    ["a loop of symlinks", "s", "more than 40 symlinks", [[symlink("s", "t"), symlink("t", "s")]]],
    ["a whiteout", ".wh.a", "does not exist", [[file(".wh.a")]]],
  ])("fails with FILE_UNKNOWN: %s", async (_, path, reason, layers) => {
    const error = await rejection(content(path, ...layers));
    expect(error).toMatchObject({ ...unknown(reason), detail: { path } });
  });

  it("stops at a layer that removes the file", async () => {
    const { at, registry, layers } = await imageOf([file("a")], [file(".wh.a")]);
    await rejection(readFile(at, "a"));
    expect(registry.asked).not.toContain(layers[0]?.digest);
  });

  it("reads the last of several entries, and with verify: false the first", async () => {
    const { at } = await imageOf([file("a", "first"), file("a", "last")]);
    expect(await (await readFile(at, "a")).text()).toBe("last");
    expect(await (await readFile(at, "a", { verify: false })).text()).toBe("first");
  });

  it("verifies the layer first, unless verify is false", async () => {
    const plain = await tarOf(file("a", "x"), file("b", "y".repeat(100_000)));
    const { at, registry, layers } = await imageOf({ blob: plain, plain });
    const damaged = Buffer.from(plain).fill("z", 50_000, 50_001);
    registry.serve(layers[0] ?? descriptorOf(plain), damaged);
    expect(await rejection(readFile(at, "a"))).toMatchObject({ code: "CONTENT_CORRUPT" });
    expect(await (await readFile(at, "a", { verify: false })).text()).toBe("x");
    expect(registry.open).toBe(0);
  });

  it("reads a layer twice for a file that is larger than bufferBytes, and verifies the content", async () => {
    const { at, registry, layers } = await imageOf([file("a", "x".repeat(1000)), file("b")]);
    const reader = await readFile(at, "a", { bufferBytes: 999 });
    expect(reader.descriptor).toMatchObject({ digest: digestOf(Buffer.from("x".repeat(1000))), size: 1000 });
    expect(registry.asked.filter((digest) => digest === layers[0]?.digest)).toHaveLength(1);
    expect(await reader.text()).toBe("x".repeat(1000));
    expect(registry.asked.filter((digest) => digest === layers[0]?.digest)).toHaveLength(2);
    const again = await readFile(at, "a", { bufferBytes: 999 });
    const other = gzipSync(await tarOf(file("a", "y".repeat(1000)), file("b")));
    registry.serve(layers[0] ?? descriptorOf(other), other);
    expect(await rejection(again.text())).toMatchObject({ code: "CONTENT_CORRUPT" });
    expect(registry.open).toBe(0);
  });

  it("returns a reader that reads once, and is closed", async () => {
    const { at, registry } = await imageOf([file("a", '{"x":1}')]);
    for (const bufferBytes of [0, 100]) {
      const open = async (): ReturnType<typeof readFile> => readFile(at, "a", { bufferBytes });
      expect(await (await open()).json()).toEqual({ x: 1 });
      const used = await open();
      await used.bytes();
      await expect(used.text()).rejects.toThrow(TypeError);
      const closed = await open();
      await closed.close();
      await closed.close();
      await expect(closed.text()).rejects.toMatchObject({ code: "CLOSED" });
      const stream = (await open()).stream().getReader();
      expect((await stream.read()).value).toHaveLength(7);
      await stream.cancel();
      for await (const chunk of await open()) if (chunk.length > 0) break;
      expect(registry.open).toBe(0);
    }
    const { at: invalid } = await imageOf([file("a", "{")]);
    await expect((await readFile(invalid, "a")).json()).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("reads an empty file", async () => {
    for (const bufferBytes of [0, 100])
      expect(await (await readFile((await imageOf([file("a", "")])).at, "a", { bufferBytes })).text()).toBe(
        "",
      );
  });

  it("reports progress of the layers that it reads", async () => {
    const { at, layers } = await imageOf([file("a")], [file("b")]);
    const reports: LayerProgress[] = [];
    await readFile(at, "a", { onProgress: (report) => reports.push(report) });
    const totalBytes = layers.reduce((sum, { size }) => sum + size, 0);
    expect(reports.at(-1)).toMatchObject({ layer: layers[0]?.digest, doneBytes: totalBytes, totalBytes });
    expect(reports[0]).toMatchObject({ layer: layers[1]?.digest });
  });

  it("ends with the reason of its signal", async () => {
    const { at, registry } = await imageOf([file("a")]);
    const controller = new AbortController();
    const onProgress = (): void => {
      controller.abort(new Error("late"));
    };
    const read = readFile(at, "a", { signal: controller.signal, onProgress });
    expect(await rejection(read)).toMatchObject({ message: "late" });
    expect(registry.open).toBe(0);
  });

  it("rejects arguments of wrong types", async () => {
    const { at } = await imageOf([file("a")]);
    expect(await rejection(readFile(at, 1 as never))).toBeInstanceOf(TypeError);
    expect(await rejection(readFile(at, "a", { verify: 1 as never }))).toBeInstanceOf(TypeError);
    expect(await rejection(readFile(at, "a", { bufferBytes: -1 }))).toBeInstanceOf(RangeError);
  });
});
