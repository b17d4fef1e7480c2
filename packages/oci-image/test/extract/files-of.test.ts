import * as fs from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { bytes, rejection, temporaryDirectory } from "@ocilayout/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createLayer } from "../../src/create-layer/create-layer.ts";
import type { LayerFile } from "../../src/create-layer/layer-file.ts";
import { extractOn } from "../../src/extract/extract-to.ts";
import { filesOf, filesOn, type FilesOfOptions } from "../../src/extract/files-of.ts";
import { entriesOf } from "../create-layer/layers.ts";
import { before, hosts, imageOf } from "./images.ts";

/** Makes a directory with these files. A value is the content of a file, or the target of a symlink. */
function directoryOf(files: Readonly<Record<string, string | { link: string } | null>>): string {
  const directory = temporaryDirectory();
  for (const [path, content] of Object.entries(files)) {
    const at = join(directory, path);
    fs.mkdirSync(content === null ? at : join(at, ".."), { recursive: true });
    if (typeof content === "string") fs.writeFileSync(at, content);
    else if (content !== null) fs.symlinkSync(content.link, at);
  }
  return directory;
}

describe.each(hosts)("filesOf on %s", (_name, host) => {
  const list = async (directory: string, options: FilesOfOptions = {}): Promise<LayerFile[]> =>
    collect(filesOn(host, directory, options));

  it("lists directories, files and symlinks with their modes", async () => {
    const directory = directoryOf({ "a/b": "content", "a/s": { link: "../a" }, empty: null });
    fs.chmodSync(join(directory, "a/b"), 0o751);
    fs.chmodSync(join(directory, "a"), 0o700);
    fs.chmodSync(join(directory, "empty"), 0o1777);
    expect(await entriesOf(filesOn(host, directory, {}))).toMatchObject([
      { path: "a/", type: "directory", mode: 0o700 },
      { path: "a/b", type: "file", mode: 0o751, size: 7, bytes: bytes("content") },
      { path: "a/s", type: "symlink", linkName: "../a", mode: 0o777 },
      { path: "empty/", type: "directory", mode: 0o1777 },
    ]);
  });

  it("lists a directory before its content, sorted by bytes", async () => {
    const directory = directoryOf({ "a-b": "", "a/b/c": "", "a/a": "", B: "", é: "" });
    const paths = (await list(directory)).map(({ path }) => path.slice(1));
    expect(paths).toEqual(["B", "a", "a/a", "a/b", "a/b/c", "a-b", "é"]);
  });

  it("puts files into a directory of the image", async () => {
    const directory = directoryOf({ "d/f": "f" });
    fs.linkSync(join(directory, "d/f"), join(directory, "g"));
    expect(await entriesOf(filesOn(host, directory, { to: "/app/" }))).toMatchObject([
      { path: "app/d/" },
      { path: "app/d/f" },
      { path: "app/g", type: "link", linkName: "app/d/f" },
    ]);
  });

  it("detects hard links by inode", async () => {
    const directory = directoryOf({ z: "same", s: { link: "x" } });
    fs.linkSync(join(directory, "z"), join(directory, "a"));
    fs.linkSync(join(directory, "s"), join(directory, "t"));
    expect(await entriesOf(filesOn(host, directory, {}))).toMatchObject([
      { path: "a", type: "file", size: 4 },
      { path: "s", type: "symlink" },
      { path: "t", type: "link", linkName: "s" },
      { path: "z", type: "link", linkName: "a" },
    ]);
  });

  it("does not follow links, but the one that the caller names", async () => {
    const outside = directoryOf({ secret: "secret" });
    const directory = directoryOf({ f: "f", d: { link: outside } });
    const link = join(temporaryDirectory(), "link");
    fs.symlinkSync(directory, link);
    expect(await entriesOf(filesOn(host, link, {}))).toMatchObject([
      { path: "d", type: "symlink", linkName: outside },
      { path: "f", type: "file" },
    ]);
  });

  it("leaves out what is ignored, with everything in it", async () => {
    const directory = directoryOf({ "src/a.ts": "", "src/a.js": "", "node_modules/x/y": "", node: null });
    const asked: string[] = [];
    const files = await list(directory, {
      ignore: (path, type) => {
        asked.push(`${type} ${path}`);
        return path.endsWith(".ts") || path === "node_modules";
      },
    });
    expect(files.map(({ path }) => path)).toEqual(["/node", "/src", "/src/a.js"]);
    expect(asked).toEqual([
      "directory node",
      "directory node_modules",
      "directory src",
      "file src/a.js",
      "file src/a.ts",
    ]);
  });

  it("leaves out and reports sockets", async () => {
    const directory = directoryOf({ f: "" });
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(join(directory, "socket"), resolve);
    });
    try {
      const skipped: string[] = [];
      expect(await list(directory, { onSkipped: (path) => skipped.push(path) })).toMatchObject([
        { path: "/f" },
      ]);
      expect(skipped).toEqual(["socket"]);
      expect(await list(directory)).toHaveLength(1);
    } finally {
      server.close();
    }
  });

  it("takes owners and times only with their options", async () => {
    const directory = directoryOf({ f: "" });
    fs.utimesSync(join(directory, "f"), 5, 12.5);
    fs.chmodSync(join(directory, "f"), 0o6755);
    const [plain] = await list(directory);
    expect(plain).toMatchObject({ mode: 0o755 });
    expect(plain).not.toHaveProperty("uid");
    expect(plain).not.toHaveProperty("mtime");
    const [told] = await list(directory, { owners: true, times: true });
    const { uid, gid } = fs.statSync(join(directory, "f"));
    expect(told).toMatchObject({ mode: 0o6755, mtime: 12.5, uid, gid });
  });

  it("keeps names that are not UTF-8", async () => {
    const directory = temporaryDirectory();
    const name = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff])]);
    fs.writeFileSync(name, "x");
    expect(await entriesOf(filesOn(host, directory, {}))).toMatchObject([
      { path: "\udcff", bytes: bytes("x") },
    ]);
    fs.unlinkSync(name);
  });

  it("reads large files in chunks, and files that grow to the announced size fail", async () => {
    const large = crypto.getRandomValues(new Uint8Array(60_000));
    const directory = directoryOf({});
    fs.writeFileSync(join(directory, "f"), Buffer.concat(Array.from({ length: 20 }, () => large)));
    const [entry] = await entriesOf(filesOn(host, directory, {}));
    expect(entry?.bytes.length).toBe(1_200_000);
    expect(Buffer.compare(entry?.bytes.subarray(-60_000) ?? bytes(""), large)).toBe(0);
  });

  it.each<[string, string, (file: string) => void]>([
    [
      "grew",
      "SIZE_INVALID",
      (file) => {
        fs.appendFileSync(file, "more");
      },
    ],
    [
      "shrank",
      "SIZE_INVALID",
      (file) => {
        fs.truncateSync(file, 1);
      },
    ],
    [
      "was written again",
      "STORAGE_FAILED",
      (file) => {
        fs.writeFileSync(file, "CONTENT");
        fs.utimesSync(file, 9, 9);
      },
    ],
    [
      "was replaced",
      "STORAGE_FAILED",
      (file) => {
        fs.renameSync(file, `${file}.old`);
        fs.writeFileSync(file, "content");
        fs.utimesSync(file, 7, 7);
      },
    ],
    [
      "became a link",
      "STORAGE_FAILED",
      (file) => {
        fs.renameSync(file, `${file}.old`);
        fs.symlinkSync(`${file}.old`, file);
      },
    ],
    [
      "was removed",
      "STORAGE_FAILED",
      (file) => {
        fs.unlinkSync(file);
      },
    ],
  ])("fails if a file %s since it was listed", async (_case, code, change) => {
    const directory = directoryOf({ "d/f": "content" });
    fs.utimesSync(join(directory, "d/f"), 7, 7);
    const files = await list(directory);
    change(join(directory, "d/f"));
    expect(await rejection(createLayer(files))).toMatchObject({ code });
  });

  it("fails if a file grows while it is read", async () => {
    const directory = directoryOf({ f: "content" });
    const growing = before(host, "read", () => {
      fs.appendFileSync(join(directory, "f"), "more");
    });
    expect(await rejection(createLayer(filesOn(growing, directory, {})))).toMatchObject({
      code: "SIZE_INVALID",
    });
  });

  it("does not read outside through a directory that became a link", async () => {
    const outside = directoryOf({ f: "content" });
    const directory = directoryOf({ "d/f": "content" });
    const files = await list(directory);
    fs.renameSync(join(directory, "d"), join(directory, "moved"));
    fs.symlinkSync(outside, join(directory, "d"));
    expect(await rejection(createLayer(files))).toMatchObject({ code: "STORAGE_FAILED" });
  });

  it("fails if the directory is missing or a file", async () => {
    const directory = directoryOf({ f: "" });
    for (const name of ["f", "missing"]) {
      const error = await rejection(list(join(directory, name)));
      expect(error).toMatchObject({ code: "STORAGE_FAILED" });
      expect(String(error)).not.toContain(directory);
    }
  });

  it("closes the directory if the caller leaves early", async () => {
    const open: Set<number> = new Set();
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
    for await (const file of filesOn(counting, directoryOf({ "a/b": "", c: "" }), {}))
      if (file.path !== "") break;
    expect(open).toEqual(new Set());
    await createLayer(filesOn(counting, directoryOf({ "a/b": "", c: "c" }), {}));
    expect(open).toEqual(new Set());
  });
});

describe("filesOf", () => {
  it("makes the same layer of the files that it extracted", async () => {
    const name = fc.constantFrom("a", "b", "ab", "A.b", "é", "\udcff", "n".repeat(120));
    const content = fc.uint8Array({ maxLength: 300 });
    const tree = fc.array(
      fc.tuple(
        fc.array(name, { minLength: 1, maxLength: 3 }),
        content,
        fc.nat(0o777).map((mode) => mode | 0o400),
        fc.nat(1e9),
        fc.nat(3),
      ),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(tree, async (drafts) => {
        const found: Map<string, LayerFile> = new Map();
        for (const [names, data, mode, mtime, kind] of drafts) {
          const path = names.join("/");
          const isTaken = [...found.keys()].some(
            (other) => other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
          );
          if (isTaken) continue;
          const facts = { path, mtime };
          if (kind === 0) found.set(path, { ...facts, mode: mode | 0o700, type: "directory" });
          else if (kind === 1) found.set(path, { ...facts, type: "symlink", linkName: "/x\udcfe" });
          else found.set(path, { ...facts, mode, content: data });
          if (kind === 2)
            found.set(`${path}~`, { ...facts, path: `${path}~`, mode, type: "link", linkName: path });
        }
        const files = [...found.values()];
        const options = { compression: "none", parents: true } as const;
        const directory = temporaryDirectory();
        await extractOn(hosts[0][1], await imageOf({ files, ...options }), directory, {});
        const again = await createLayer(filesOf(directory, { times: true }), options);
        expect(again.diffId).toBe((await createLayer(files, options)).diffId);
        fs.rmSync(directory, { recursive: true });
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    [{ owners: 1 }, TypeError],
    [{ times: "yes" }, TypeError],
    [{ to: 1 }, TypeError],
    [{ signal: 1 }, TypeError],
  ])("rejects %j", async (options, type) => {
    expect(await rejection(collect(filesOf(temporaryDirectory(), options as never)))).toBeInstanceOf(type);
  });

  it("ends with the signal", async () => {
    const reason = new Error("stop");
    const listing = collect(filesOf(directoryOf({ f: "" }), { signal: AbortSignal.abort(reason) }));
    expect(await rejection(listing)).toBe(reason);
  });
});
