import * as fs from "node:fs";
import { join } from "node:path";

import { bytes, rejection, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import type { LayerFile } from "../../src/create-layer/layer-file.ts";
import { extractOn, extractTo } from "../../src/extract/extract-to.ts";
import type { ExtractOptions, ExtractProgress } from "../../src/extract/options.ts";
import { readManifest } from "../../src/reading/read-manifest.ts";
import { archive, member } from "../tar/archives.ts";
import { before, contentOf, hosts, imageOf, pathsIn } from "./images.ts";

const base: readonly LayerFile[] = [
  { path: "etc/", mode: 0o750, mtime: 100 },
  { path: "etc/config", content: bytes("first"), mode: 0o640, mtime: 200.5 },
  { path: "etc/old", content: bytes("old") },
  { path: "bin/run", content: bytes("#!"), mode: 0o755 },
  { path: "bin/same", type: "link", linkName: "bin/run" },
  { path: "link", type: "symlink", linkName: "/etc/config", mtime: 300 },
];

describe.each(hosts)("extractTo on %s", (_name, host) => {
  const extract = async (
    at: Awaited<ReturnType<typeof imageOf>>,
    directory: string,
    options: ExtractOptions = {},
  ): ReturnType<typeof extractTo> => extractOn(host, at, directory, options);

  it("restores files, directories and links with their modes and times", async () => {
    const directory = temporaryDirectory();
    const at = await imageOf(base);
    const report = await extract(at, directory);
    expect(contentOf(directory)).toEqual({
      bin: { mode: "755", mtime: 0 },
      "bin/run": { mode: "755", mtime: 0, text: "#!" },
      "bin/same": { mode: "755", mtime: 0, text: "#!" },
      etc: { mode: "750", mtime: 100 },
      "etc/config": { mode: "640", mtime: 200.5, text: "first" },
      "etc/old": { mode: "644", mtime: 0, text: "old" },
      link: { mode: "777", mtime: 300, linkName: "/etc/config" },
    });
    const inode = (path: string): number => fs.statSync(join(directory, path)).ino;
    expect(inode("bin/same")).toBe(inode("bin/run"));
    const { descriptor } = await readManifest(at);
    expect(report).toEqual({ descriptor, entries: 7, bytes: 10, skipped: [] });
  });

  it("writes only what is at and below `path`, under its own name", async () => {
    const at = await imageOf(base, [
      { path: "usr/etc/other", content: bytes("other") },
      { path: "etcetera", content: bytes("etcetera") },
      { path: "deep/a/b/c", content: bytes("c") },
    ]);
    for (const [path, expected, size] of [
      ["/etc", ["etc", "etc/config", "etc/old"], 8],
      ["etc/config", ["config"], 5],
      ["/bin/same", ["same"], 2],
      ["/link", ["link"], 0],
      ["/deep/a/", ["a", "a/b", "a/b/c"], 1],
    ] as const) {
      const directory = temporaryDirectory();
      const report = await extract(at, directory, { path, maxBytes: size });
      expect(pathsIn(directory)).toEqual(expected);
      expect(report).toMatchObject({ entries: expected.length, bytes: size });
    }
    const directory = temporaryDirectory();
    await extract(at, directory, { path: "/etc" });
    expect(contentOf(directory)).toMatchObject({ etc: { mode: "750", mtime: 100 } });
  });

  it("fails with FILE_UNKNOWN for a missing `path`, and creates nothing", async () => {
    const directory = temporaryDirectory();
    for (const path of ["/et", "/etc/config/x", "/../etc"])
      expect(await rejection(extract(await imageOf(base), directory, { path }))).toMatchObject({
        code: "FILE_UNKNOWN",
        detail: { path },
      });
    expect(pathsIn(directory)).toEqual([]);
    await expect(extract(await imageOf(base), directory, { path: 1 as never })).rejects.toThrow(TypeError);
  });

  it("applies the layers with their whiteouts", async () => {
    const directory = temporaryDirectory();
    const second = {
      files: [{ path: "etc/config", content: bytes("second") }, { path: "link/" }],
      removed: ["etc/old", "bin/run"],
    };
    await extract(await imageOf(base, second), directory);
    expect(pathsIn(directory)).toEqual(["bin", "bin/same", "etc", "etc/config", "link"]);
    expect(fs.readFileSync(join(directory, "bin/same"), "utf8")).toBe("#!");
    expect(fs.readFileSync(join(directory, "etc/config"), "utf8")).toBe("second");
  });

  it("writes into a directory that is read-only in the image", async () => {
    const directory = temporaryDirectory();
    await extract(
      await imageOf([
        { path: "d/", mode: 0o555 },
        { path: "d/f", content: bytes("f") },
      ]),
      directory,
    );
    expect(contentOf(directory)).toMatchObject({ d: { mode: "555" }, "d/f": { text: "f" } });
    fs.chmodSync(join(directory, "d"), 0o755);
  });

  it("extracts hard links to symlinks", async () => {
    const directory = temporaryDirectory();
    const files: LayerFile[] = [
      { path: "a", type: "symlink", linkName: "nowhere" },
      { path: "b", type: "link", linkName: "a" },
    ];
    await extract(await imageOf(files), directory);
    expect(contentOf(directory)).toMatchObject({ a: { linkName: "nowhere" }, b: { linkName: "nowhere" } });
  });

  it("restores times before 1970, which Node takes for the current time", async () => {
    const directory = temporaryDirectory();
    const files: LayerFile[] = [
      { path: "f", mtime: -86_400.5 },
      { path: "link", type: "symlink", linkName: "f", mtime: -5 },
    ];
    await extract(await imageOf(files), directory);
    const times = ["f", "link"].map((name) => fs.lstatSync(join(directory, name)).mtimeMs);
    expect(times).toEqual([-86_400_500, -5000]);
  });

  it("extracts more directories than it keeps open", async () => {
    const directory = temporaryDirectory();
    const deep = Array.from({ length: 50 }, (_, at) => `d${at}`).join("/");
    const files: LayerFile[] = [
      ...Array.from({ length: 80 }, (_, at): LayerFile => ({ path: `${at}/f`, content: bytes(`${at}`) })),
      { path: `${deep}/f`, content: bytes("deep") },
      { path: "z", type: "link", linkName: `${deep}/f` },
      { path: `z${deep}/z`, type: "link", linkName: `${deep}/f` },
    ];
    await extract(await imageOf(files), directory);
    const found = contentOf(directory);
    for (let at = 0; at < 80; at += 1) expect(found[`${at}/f`]?.text).toBe(`${at}`);
    expect(found["z"]?.text).toBe("deep");
    expect(found[`z${deep}/z`]?.text).toBe("deep");
  });

  it("creates the directory and its parents", async () => {
    const directory = join(temporaryDirectory(), "a", "b");
    await extract(await imageOf([{ path: "f" }]), directory);
    expect(pathsIn(directory)).toEqual(["f"]);
  });

  it("follows a link that the caller names", async () => {
    const [directory, link] = [temporaryDirectory(), join(temporaryDirectory(), "link")];
    fs.symlinkSync(directory, link);
    await extract(await imageOf([{ path: "d/f" }]), link);
    expect(pathsIn(directory)).toEqual(["d", "d/f"]);
  });

  it("leaves the attributes of the directory itself", async () => {
    const directory = temporaryDirectory();
    const { mode } = fs.statSync(directory);
    await extract(await imageOf([{ path: ".", type: "directory", mode: 0o777 }, { path: "f" }]), directory);
    expect(fs.statSync(directory).mode).toBe(mode);
  });

  it("rejects a directory with content, and changes nothing", async () => {
    const directory = temporaryDirectory();
    fs.writeFileSync(join(directory, "mine"), "mine");
    expect(await rejection(extract(await imageOf(base), directory))).toMatchObject({
      code: "STORAGE_FAILED",
      detail: { systemCode: "ENOTEMPTY" },
    });
    expect(pathsIn(directory)).toEqual(["mine"]);
  });

  it("replaces files and links with overwrite, and keeps the others", async () => {
    const directory = temporaryDirectory();
    const at = await imageOf(base);
    await extract(at, directory);
    fs.writeFileSync(join(directory, "etc/mine"), "mine");
    fs.writeFileSync(join(directory, "etc/config"), "changed");
    fs.rmSync(join(directory, "bin"), { recursive: true });
    fs.symlinkSync("etc", join(directory, "bin"));
    await extract(at, directory, { overwrite: true });
    expect(contentOf(directory)).toMatchObject({
      "bin/run": { text: "#!" },
      "etc/config": { text: "first", mode: "640" },
      "etc/mine": { text: "mine" },
      link: { linkName: "/etc/config" },
    });
    expect(pathsIn(join(directory, "etc"))).toEqual(["config", "mine", "old"]);
  });

  it("fails if a directory is in the place of a file, also with overwrite", async () => {
    const directory = temporaryDirectory();
    fs.mkdirSync(join(directory, "etc/config"), { recursive: true });
    expect(await rejection(extract(await imageOf(base), directory, { overwrite: true }))).toMatchObject({
      code: "STORAGE_FAILED",
      detail: { systemCode: "EISDIR" },
    });
    expect(pathsIn(join(directory, "etc"))).toEqual(["config"]);
  });

  it("sets setuid and setgid bits only with setIds", async () => {
    const files: LayerFile[] = [
      { path: "f", mode: 0o7755 },
      { path: "d/", mode: 0o3777 },
    ];
    const at = await imageOf(files);
    const [plain, told] = [temporaryDirectory(), temporaryDirectory()];
    await extract(at, plain);
    expect(contentOf(plain)).toMatchObject({ f: { mode: "755" }, d: { mode: "1777" } });
    await extract(at, told, { setIds: true });
    expect(contentOf(told)).toMatchObject({ f: { mode: "7755" }, d: { mode: "3777" } });
  });

  it.skipIf(process.getuid?.() !== 0)("sets owners only with owners", async () => {
    const files: LayerFile[] = [
      { path: "f", mode: 0o4755 },
      { path: "d/" },
      { path: "s", type: "symlink", linkName: "f" },
    ];
    const at = await imageOf(files.map((file) => ({ ...file, uid: 12, gid: 34 })));
    const [plain, told] = [temporaryDirectory(), temporaryDirectory()];
    await extract(at, plain);
    await extract(at, told, { owners: true, setIds: true });
    for (const { path } of files) {
      expect(fs.lstatSync(join(plain, path))).toMatchObject({ uid: 0, gid: 0 });
      expect(fs.lstatSync(join(told, path))).toMatchObject({ uid: 12, gid: 34 });
    }
    expect(contentOf(told)).toMatchObject({ f: { mode: "4755" } });
  });

  it("leaves out and reports devices, pipes and attributes", async () => {
    const directory = temporaryDirectory();
    const files: LayerFile[] = [
      { path: "null", type: "character-device", deviceMajor: 1, deviceMinor: 3 },
      { path: "disk", type: "block-device" },
      { path: "pipe", type: "fifo" },
      { path: "f", xattrs: [["user.a", bytes("1")]] },
    ];
    const { skipped, entries } = await extract(await imageOf(files), directory);
    expect(entries).toBe(1);
    expect(skipped.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual([
      { path: "/disk", reason: "block-device" },
      { path: "/f", reason: "xattrs" },
      { path: "/null", reason: "character-device" },
      { path: "/pipe", reason: "fifo" },
    ]);
    expect(pathsIn(directory)).toEqual(["f"]);
  });

  it("keeps names that are not UTF-8", async () => {
    const directory = temporaryDirectory();
    const files: LayerFile[] = [
      { path: "d\udcff/\udcfe", content: bytes("x") },
      { path: "s", type: "symlink", linkName: "\udcfd" },
    ];
    await extract(await imageOf(files), directory);
    const [name] = fs.readdirSync(directory, { encoding: "buffer" });
    expect([...(name ?? [])]).toEqual([0x64, 0xff]);
    expect([...fs.readlinkSync(join(directory, "s"), { encoding: "buffer" })]).toEqual([0xfd]);
    fs.rmSync(directory, { recursive: true });
  });

  it("extracts a layer that the image has twice", async () => {
    const directory = temporaryDirectory();
    await extract(
      await imageOf(
        [{ path: "f", content: bytes("f") }],
        [{ path: "g" }],
        [{ path: "f", content: bytes("f") }],
      ),
      directory,
    );
    expect(pathsIn(directory)).toEqual(["f", "g"]);
  });

  it("writes nothing if a layer is damaged", async () => {
    const directory = join(temporaryDirectory(), "new");
    const broken = archive(member({ name: "f" }, "content")).slice(0, 700);
    const at = await imageOf(base, broken);
    expect(await rejection(extract(at, directory))).toMatchObject({ code: "ARCHIVE_INVALID" });
    expect(fs.existsSync(directory)).toBe(false);
  });

  it("writes nothing if the files exceed maxBytes", async () => {
    const directory = join(temporaryDirectory(), "new");
    const at = await imageOf(base);
    expect(await rejection(extract(at, directory, { maxBytes: 9 }))).toMatchObject({
      code: "SIZE_INVALID",
      detail: { limit: 9 },
    });
    expect(fs.existsSync(directory)).toBe(false);
    await extract(at, directory, { maxBytes: 10 });
  });

  it("obeys the limits for entries", async () => {
    const directory = temporaryDirectory();
    expect(
      await rejection(extract(await imageOf(base), directory, { limits: { entries: 3 } })),
    ).toMatchObject({
      code: "SIZE_INVALID",
    });
  });

  it("ends with the signal, and removes the unfinished file", async () => {
    const directory = temporaryDirectory();
    const controller = new AbortController();
    const reason = new Error("stop");
    const stopping = before(host, "write", () => {
      controller.abort(reason);
    });
    const large = crypto.getRandomValues(new Uint8Array(60_000));
    const files: LayerFile[] = [
      { path: "f", size: 600_000, content: () => Array.from({ length: 10 }, () => large) },
    ];
    const at = await imageOf(files);
    expect(await rejection(extractOn(stopping, at, directory, { signal: controller.signal }))).toBe(reason);
    expect(pathsIn(directory)).toEqual([]);
  });

  it("keeps the finished files and removes the unfinished one after a failure", async () => {
    const directory = temporaryDirectory();
    let writes = 0;
    const full = before(host, "writeSync", () => {
      if ((writes += 1) === 2)
        throw Object.assign(new Error("ENOSPC: /host/path"), { code: "ENOSPC", syscall: "write" });
    });
    const files: LayerFile[] = [
      { path: "a", content: bytes("a") },
      { path: "b", content: bytes("b") },
    ];
    const error = await rejection(extractOn(full, await imageOf(files), directory, {}));
    expect(error).toMatchObject({
      code: "STORAGE_FAILED",
      detail: { systemCode: "ENOSPC" },
      message: 'cannot extract "/b": no space left on the device',
    });
    expect(pathsIn(directory)).toEqual(["a"]);
  });

  it("closes all files, also after a failure", async () => {
    const open: Set<unknown> = new Set();
    const { disk } = host;
    const counting = {
      ...host,
      disk: {
        ...disk,
        openSync: (...call: Parameters<typeof disk.openSync>) => {
          const file = disk.openSync(...call);
          open.add(file);
          return file;
        },
        closeSync: (file: number) => {
          open.delete(file);
          disk.closeSync(file);
        },
      },
    };
    await extractOn(counting, await imageOf(base), temporaryDirectory(), {});
    expect(open).toEqual(new Set());
    const failing = before(counting, "fchmodSync", () => {
      throw new Error("broken");
    });
    await rejection(extractOn(failing, await imageOf(base), temporaryDirectory(), {}));
    expect(open).toEqual(new Set());
  });

  it("reports progress up to the totals", async () => {
    const seen: ExtractProgress[] = [];
    await extract(await imageOf(base), temporaryDirectory(), {
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.length).toBe(7);
    expect(seen.at(-1)).toEqual({ entries: 7, totalEntries: 7, bytes: 10, totalBytes: 10 });
  });
});

describe("extractTo", () => {
  it.each([
    [{ overwrite: 1 }, TypeError],
    [{ owners: "yes" }, TypeError],
    [{ setIds: 0 }, TypeError],
    [{ maxBytes: -1 }, RangeError],
    [{ onProgress: 1 }, TypeError],
    [{ limits: { entries: "1" } }, TypeError],
  ])("rejects %j", async (options, type) => {
    const directory = join(temporaryDirectory(), "new");
    expect(await rejection(extractTo(await imageOf(base), directory, options as never))).toBeInstanceOf(type);
    expect(fs.existsSync(directory)).toBe(false);
  });

  it("rejects a path that is a file", async () => {
    const file = join(temporaryDirectory(), "file");
    fs.writeFileSync(file, "");
    expect(await rejection(extractTo(await imageOf(base), file))).toMatchObject({ code: "STORAGE_FAILED" });
  });

  it("does not name the host path in a message", async () => {
    const file = join(temporaryDirectory(), "file");
    fs.writeFileSync(file, "");
    expect(String(await rejection(extractTo(await imageOf(base), file)))).not.toContain(file);
  });
});
