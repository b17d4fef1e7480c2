import * as fs from "node:fs";
import { join } from "node:path";

import { bytes, rejection, temporaryDirectory } from "@ocilayout/testing";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { LayerFile } from "../../src/create-layer/layer-file.ts";
import { ExtractPlan } from "../../src/extract/extract-plan.ts";
import { extractOn } from "../../src/extract/extract-to.ts";
import { requireNames } from "../../src/extract/file-name.ts";
import type { ExtractOptions } from "../../src/extract/options.ts";
import { archive, member } from "../tar/archives.ts";
import { contentOf, disk, hosts, imageFile, imageOf, pathsIn, twoDirectories } from "./images.ts";

// The advisories about extraction. docs/security.md of the repository has the table of all advisories.

/** An entry of a hostile archive. */
type Entry = readonly [name: string, typeflag?: string, linkName?: string, content?: string];

function tarOf(...entries: readonly Entry[]): Uint8Array {
  return archive(
    ...entries.map(([name, typeflag = "0", linkName = "", content = ""]) =>
      member({ name, typeflag, linkName, mode: 0o777 }, typeflag === "0" ? content || "evil" : ""),
    ),
  );
}

const FILE = "0";
const LINK = "1";
const SYMLINK = "2";
const DIRECTORY = "5";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Archives that lead outside when they are unpacked entry by entry. `OUT` is the absolute path of the other directory. */
const archives: readonly (readonly [string, ...(readonly Entry[])[]])[] = [
  ["CVE-2021-32804: absolute paths", [["OUT/secret"], ["//OUT/new"]]],
  ["CVE-2018-1002204: paths with ..", [["../outside/secret"], ["a/../../outside/new"], ["/../outside/new"]]],
  ["CVE-2021-32803: a file through a symlink of the layer", [["d", SYMLINK, "OUT"], ["d/secret"]]],
  [
    "CVE-2021-32803: a file through a relative symlink",
    [["d", SYMLINK, "../outside"], ["d/secret"], ["d/new"]],
  ],
  [
    "CVE-2021-37701: a directory that becomes a symlink",
    [["d", DIRECTORY], ["d", SYMLINK, "OUT"], ["d/secret"]],
  ],
  [
    "CVE-2021-37701: with a trailing slash or backslash",
    [["d/", DIRECTORY], ["d\\", SYMLINK, "OUT"], ["d\\/secret"]],
  ],
  [
    "CVE-2014-9356: a file through a symlink of a lower layer",
    [["d", SYMLINK, "OUT"]],
    [["d/secret"], ["d/new"]],
  ],
  [
    "CVE-2014-9356: a symlink with .. in a lower layer",
    [["a/b", SYMLINK, "../../outside"]],
    [["a/b/secret"]],
  ],
  ["CVE-2021-29136: the root as a symlink", [[".", SYMLINK, "OUT"], ["secret"]]],
  ["CVE-2021-29136: the root as a symlink of a lower layer", [["./", SYMLINK, "OUT"]], [["secret"], ["new"]]],
  ["CVE-2026-23745: a hard link to an absolute path", [["h", LINK, "OUT/secret"], ["h"]]],
  ["CVE-2026-23745: a symlink to an absolute path", [["s", SYMLINK, "OUT/secret"], ["s"]]],
  ["CVE-2026-24842: a hard link with ..", [["a/b/c", LINK, "../../../outside/secret"], ["a/b/c"]]],
  [
    "CVE-2026-26960: a hard link through a symlink",
    [
      ["d", SYMLINK, "OUT"],
      ["h", LINK, "d/secret"],
    ],
  ],
  [
    "CVE-2026-26960: a hard link through a chain of symlinks",
    [
      ["a", SYMLINK, "."],
      ["b", SYMLINK, "a/.."],
      ["c", SYMLINK, "b/../outside"],
      ["h", LINK, "c/secret"],
    ],
  ],
  [
    "CVE-2021-32760: a mode for a hard link to a symlink",
    [
      ["s", SYMLINK, "OUT/secret"],
      ["h", LINK, "s"],
    ],
  ],
  [
    "CVE-2026-50163: a hard link relative to the working directory",
    [
      ["h", LINK, "../outside/secret"],
      ["d/h", LINK, "package.json"],
    ],
  ],
  [
    "CVE-2026-33056, CVE-2025-59825: the mode of a directory through a symlink",
    [
      ["d", SYMLINK, "OUT"],
      ["d", DIRECTORY],
      ["d/", DIRECTORY],
    ],
  ],
  [
    "CVE-2026-33056: the mode of a directory through a symlink of a lower layer",
    [["d", SYMLINK, "OUT"]],
    [["d/", DIRECTORY]],
  ],
  ["CVE-2026-17106: the root as an entry without a path", [["", SYMLINK, "OUT"], ["secret"]]],
  [
    "CVE-2026-17106: a whiteout through a symlink",
    [["d", SYMLINK, "OUT"]],
    [
      ["d/.wh.secret", FILE],
      ["d/.wh..wh..opq", FILE],
    ],
  ],
  [
    "a whiteout with ..",
    [["a", FILE]],
    [
      ["../outside/.wh.secret", FILE],
      [".wh...", FILE],
      [".wh..", FILE],
    ],
  ],
];

describe.each(hosts)("an image on %s", (_name, host) => {
  for (const [name, ...layers] of archives)
    for (const options of [{}, { overwrite: true, setIds: true }] as const)
      it(`does not lead outside by ${name}${"overwrite" in options ? ", twice" : ""}`, async () => {
        const { inside, outside, requireUntouched } = twoDirectories();
        const tars = layers.map((entries) =>
          tarOf(
            ...entries.map(
              (entry) => entry.map((part = "") => part.replace("OUT", outside)) as unknown as Entry,
            ),
          ),
        );
        const at = await imageOf(...tars);
        const extract = async (): Promise<unknown> =>
          extractOn(host, at, inside, options).catch((error: unknown) => error);
        const results = [await extract()];
        if ("overwrite" in options) results.push(await extract());
        requireUntouched();
        expect(fs.lstatSync(inside).isDirectory()).toBe(true);
        for (const result of results)
          if (result instanceof Error) expect(result).toMatchObject({ code: "ARCHIVE_INVALID" });
      });

  it("CVE-2025-59343: does not lead to a directory whose path begins with the same text", async () => {
    const { inside } = twoDirectories();
    const beside = `${inside}-too`;
    fs.mkdirSync(beside);
    fs.writeFileSync(join(beside, "secret"), "secret");
    for (const target of [beside, "../inside-too"]) {
      const link: Entry = ["d", SYMLINK, target];
      const files: Entry[] = [["d/secret"], ["d/new"], ["h", LINK, `${target}/secret`]];
      for (const layers of [[tarOf(link, ...files)], [tarOf(link), tarOf(...files)]])
        await extractOn(host, await imageOf(...layers), inside, { overwrite: true }).catch(() => undefined);
    }
    expect(contentOf(beside)).toEqual({ secret: { ...contentOf(beside)["secret"], text: "secret" } });
    expect(fs.statSync(join(beside, "secret")).nlink).toBe(1);
  });

  it("CVE-2025-45582: does not lead outside by a symlink of an image before", async () => {
    const { inside, outside, requireUntouched } = twoDirectories();
    const first = await imageOf(tarOf(["x", SYMLINK, "../outside"], ["y", SYMLINK, join(outside, "secret")]));
    await extractOn(host, first, inside, {});
    const second = await imageOf(tarOf(["x/secret"], ["x/new"], ["y"]));
    await extractOn(host, second, inside, { overwrite: true });
    requireUntouched();
    expect(contentOf(inside)).toMatchObject({ "x/secret": { text: "evil" }, y: { text: "evil" } });
  });

  it("CVE-2021-41089: does not lead outside by links that were in the directory", async () => {
    const { inside, outside, requireUntouched } = twoDirectories();
    fs.symlinkSync(outside, join(inside, "d"));
    fs.symlinkSync(join(outside, "secret"), join(inside, "f"));
    fs.symlinkSync(outside, join(inside, "s"));
    fs.symlinkSync(join(outside, "new"), join(inside, "dangling"));
    const files: LayerFile[] = [
      { path: "d/secret", content: bytes("evil") },
      { path: "f", content: bytes("evil"), mode: 0o777 },
      { path: "s", type: "symlink", linkName: "f" },
      { path: "dangling", content: bytes("evil") },
    ];
    await extractOn(host, await imageOf(files), inside, { overwrite: true });
    requireUntouched();
    expect(contentOf(inside)).toMatchObject({
      "d/secret": { text: "evil" },
      f: { text: "evil" },
      s: { linkName: "f" },
    });
  });

  it("does not change a file outside that has a hard link in the directory", async () => {
    const { inside, outside } = twoDirectories();
    fs.linkSync(join(outside, "secret"), join(inside, "f"));
    const files: LayerFile[] = [{ path: "f", content: bytes("evil"), mode: 0o777 }];
    await extractOn(host, await imageOf(files), inside, { overwrite: true });
    expect(contentOf(outside)).toEqual({ secret: { mode: "600", mtime: 1, text: "secret" } });
    expect(contentOf(inside)).toMatchObject({ f: { text: "evil" } });
  });

  it("does not write through a link at a temporary name", async () => {
    const { inside, outside, requireUntouched } = twoDirectories();
    vi.spyOn(crypto, "randomUUID").mockReturnValue("0-0-0-0-0");
    fs.symlinkSync(join(outside, "new"), join(inside, ".ocilayout-0-0-0-0-0"));
    const at = await imageOf([{ path: "f", content: bytes("evil") }]);
    expect(await rejection(extractOn(host, at, inside, { overwrite: true }))).toMatchObject({
      code: "STORAGE_FAILED",
      detail: { systemCode: "EEXIST" },
    });
    requireUntouched();
  });
});

/** A host whose file system does not distinguish upper and lower case, `ß` and `ss`, and forms of Unicode. */
function foldingHost(): (typeof hosts)[number][1] {
  const fold = (path: unknown): unknown =>
    typeof path === "string" && path.startsWith("/proc/self/fd/")
      ? path.normalize("NFKD").toUpperCase().replace("/PROC/SELF/FD/", "/proc/self/fd/")
      : path;
  const folding = Object.fromEntries(
    Object.entries(disk).map(([name, call]: [string, unknown]) => [
      name,
      typeof call === "function"
        ? (...parts: unknown[]): unknown =>
            (call as (...parts: unknown[]) => unknown).apply(
              fs,
              parts.map((part, at) => (name === "symlinkSync" && at === 0 ? part : fold(part))),
            )
        : call,
    ]),
  );
  return { disk: folding as unknown as typeof disk, platform: "linux" };
}

describe.skipIf(process.platform !== "linux")("names that a file system does not distinguish", () => {
  it.each<[string, readonly LayerFile[]]>([
    [
      "CVE-2021-37712: a directory and a symlink",
      [{ path: "dir/secret" }, { path: "DIR", type: "symlink", linkName: "../outside" }],
    ],
    [
      "CVE-2021-37712: in two forms of Unicode",
      [{ path: "caf\u00e9/secret" }, { path: "cafe\u0301", type: "symlink", linkName: "../outside" }],
    ],
    [
      "CVE-2026-23950: ß and ss",
      [{ path: "\u00df/secret" }, { path: "ss", type: "symlink", linkName: "../outside" }],
    ],
    ["two files", [{ path: "readme" }, { path: "README" }]],
    ["two directories", [{ path: "d/a" }, { path: "D/b" }]],
    [
      "two symlinks",
      [
        { path: "s", type: "symlink", linkName: "a" },
        { path: "S", type: "symlink", linkName: "b" },
      ],
    ],
    ["a hard link", [{ path: "f" }, { path: "g", type: "link", linkName: "f" }, { path: "G" }]],
  ])("are an error: %s", async (_name, files) => {
    for (const options of [{}, { overwrite: true }]) {
      const { inside, requireUntouched } = twoDirectories();
      expect(await rejection(extractOn(foldingHost(), await imageOf(files), inside, options))).toMatchObject({
        code: "STORAGE_FAILED",
        detail: { systemCode: "EEXIST" },
      });
      requireUntouched();
    }
  });

  it("are replaced if they were in the directory", async () => {
    const { inside } = twoDirectories();
    fs.writeFileSync(join(inside, "README"), "old");
    await extractOn(foldingHost(), await imageOf([{ path: "readme", content: bytes("new") }]), inside, {
      overwrite: true,
    });
    expect(contentOf(inside)).toMatchObject({ README: { text: "new" } });
  });
});

describe("names that lead elsewhere", () => {
  it.each(["/..", "/a/../b", "/a//b", "/./a", "a", "", "/a/", "/a\0b"])(
    "are rejected on every system: %j",
    (path) => {
      for (const platform of ["linux", "darwin", "win32"])
        expect(() => requireNames(path, platform)).toThrow(
          expect.objectContaining({ code: "NAME_INVALID" }) as Error,
        );
    },
  );

  it.each([
    ["CVE-2021-37713: a path relative to a drive", "/C:x"],
    ["CVE-2026-31802: a drive alone", "/C:/x"],
    ["CVE-2026-29786: a drive in the middle", "/a/C:x"],
    ["a backslash", "/..\\..\\x"],
    ["a stream of a file", "/a/f::$DATA"],
    ["a device", "/CON"],
    ["a device with an extension", "/a/lpt1.txt"],
    ["a device with a superscript", "/com¹"],
    ["a dot at the end", "/a."],
    ["a space at the end", "/a /b"],
    ["a control character", "/a\u0001"],
    ["a wildcard", "/a?"],
  ])("are rejected on Windows: %s", (_name, path) => {
    expect(() => requireNames(path, "win32")).toThrow(
      expect.objectContaining({ code: "NAME_INVALID" }) as Error,
    );
    expect(requireNames(path, "linux")).toEqual(path.slice(1).split("/"));
  });

  it("are checked before anything is written", async () => {
    const directory = join(temporaryDirectory(), "new");
    const at = await imageOf([{ path: "a" }, { path: "b:c" }]);
    expect(await rejection(extractOn({ disk, platform: "win32" }, at, directory, {}))).toMatchObject({
      code: "NAME_INVALID",
    });
    expect(fs.existsSync(directory)).toBe(false);
  });

  it("are not common names", () => {
    for (const path of ["/", "/a", "/.a", "/console/com10", "/é/ß"])
      expect(requireNames(path, "win32")).toEqual(path === "/" ? [] : path.slice(1).split("/"));
  });
});

describe("the size of an image", () => {
  it("CVE-2024-40635: an owner that wraps around is rejected", () => {
    const plan = new ExtractPlan("linux", { maxBytes: 1, owners: true, path: "/" });
    for (const id of [2 ** 32, 2 ** 32 - 1])
      for (const name of ["uid", "gid"])
        expect(() => {
          plan.add(imageFile("/f", { [name]: id }));
        }).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }) as Error);
    plan.add(imageFile("/f", { uid: 2 ** 32 - 2, gid: 2 ** 32 - 2 }));
    new ExtractPlan("linux", { maxBytes: 1, owners: false, path: "/" }).add(
      imageFile("/f", { uid: 2 ** 40 }),
    );
  });

  it("CVE-2024-28863: a path of many directories needs few open files", async () => {
    const directory = temporaryDirectory();
    const names = Array.from({ length: 600 }, () => "d");
    let [open, most] = [0, 0];
    const counting = {
      disk: {
        ...disk,
        openSync: (...call: Parameters<typeof disk.openSync>) => {
          most = Math.max(most, (open += 1));
          return disk.openSync(...call);
        },
        closeSync: (file: number) => {
          open -= 1;
          disk.closeSync(file);
        },
      },
      platform: process.platform,
    };
    const at = await imageOf([{ path: [...names, "f"].join("/"), content: bytes("f") }]);
    const { entries } = await extractOn(counting, at, directory, {});
    expect(entries).toBe(601);
    expect(most).toBeLessThan(40);
    expect(open).toBe(0);
  });

  it("CVE-2024-28863: a longer path is rejected", async () => {
    const directory = temporaryDirectory();
    const at = await imageOf([{ path: `${"d/".repeat(3000)}f` }]);
    expect(await rejection(extractOn({ disk, platform: process.platform }, at, directory, {}))).toMatchObject(
      {
        code: "SIZE_INVALID",
      },
    );
    expect(pathsIn(directory)).toEqual([]);
  });
});

describe("privileges", () => {
  it("CVE-2026-41567: no program is started, which the directory could contain", () => {
    const source = join(import.meta.dirname, "../../src");
    const files = fs
      .readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"));
    expect(files.length).toBeGreaterThan(50);
    for (const name of files)
      expect(fs.readFileSync(join(source, name), "utf8"), name).not.toContain("child_process");
  });

  const options: ExtractOptions[] = [{}, { overwrite: true }];
  it.each(options)(
    "CVE-2021-41091, CVE-2021-41103: directories are private until their content is complete, with %j",
    async (option) => {
      const directory = temporaryDirectory();
      const modes: string[] = [];
      const looking = {
        disk: {
          ...disk,
          renameSync: (...call: Parameters<typeof disk.renameSync>) => {
            modes.push(contentOf(directory)["d"]?.mode ?? "");
            disk.renameSync(...call);
          },
        },
        platform: process.platform,
      };
      const files: LayerFile[] = [{ path: "d/", mode: 0o777 }, { path: "d/f" }, { path: "d/g" }];
      await extractOn(looking, await imageOf(files), directory, option);
      expect(modes).toEqual(["700", "700"]);
      expect(contentOf(directory)["d"]?.mode).toBe("777");
    },
  );

  it("a file is private until it is complete", async () => {
    const directory = temporaryDirectory();
    let mode = "";
    const looking = {
      disk: {
        ...disk,
        writeSync: (...call: Parameters<typeof disk.writeSync>) => {
          mode = Object.values(contentOf(directory))[0]?.mode ?? "";
          return disk.writeSync(...call);
        },
      },
      platform: process.platform,
    };
    await extractOn(looking, await imageOf([{ path: "f", mode: 0o666, content: bytes("f") }]), directory, {});
    expect(mode).toBe("600");
  });
});
