import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readTar, type TarEntryInit, writeTar } from "../../src/tar.ts";
import { concat, read } from "./archives.ts";
import { expectExtracted, type Stored, subdirectory } from "./compare.ts";
import { has, isRoot, run } from "./programs.ts";
import { makeTree, type TreeOptions } from "./tree.ts";

const plain: Stored = { xattrs: false, fractions: false };
const rich: Stored = { xattrs: true, fractions: true };

/** The formats of GNU tar: a name, the options, what the tree has, and what the format stores of it. */
const formats: readonly (readonly [string, readonly string[], TreeOptions, Stored])[] = [
  ["v7", ["--format=v7"], {}, plain],
  ["ustar", ["--format=ustar"], {}, plain],
  ["oldgnu", ["--format=oldgnu"], { long: true, numbers: true }, plain],
  ["oldgnu, sparse", ["--format=oldgnu", "--sparse"], { long: true }, plain],
  ["gnu", ["--format=gnu"], { long: true, numbers: true }, plain],
  ["gnu, sparse", ["--format=gnu", "--sparse"], { long: true, numbers: true }, plain],
  [
    "posix",
    ["--format=posix", "--xattrs", "--xattrs-include=*"],
    { long: true, numbers: true, fractions: true, xattrs: true },
    rich,
  ],
  ...["0.0", "0.1", "1.0"].map(
    (version) =>
      [
        `posix, sparse ${version}`,
        ["--format=posix", "--sparse", `--sparse-version=${version}`, "--xattrs", "--xattrs-include=*"],
        { long: true, numbers: true, fractions: true, xattrs: true },
        rich,
      ] as const,
  ),
];

/** V7 and ustar cannot store all types. */
const excluded: Readonly<Record<string, readonly string[]>> = {
  v7: ["./pipe", "./character", "./block"],
};

const extract = [
  "--extract",
  "--preserve-permissions",
  "--same-owner",
  "--numeric-owner",
  "--xattrs",
  "--xattrs-include=*",
];

describe.skipIf(!has("tar") || !has("python3"))("GNU tar", () => {
  it.each(formats)(
    "writes archives in the format %s that are read as it extracts them",
    async (name, options, tree, stored) => {
      const directory = temporaryDirectory();
      const source = subdirectory(directory, "source");
      makeTree(source, tree);
      const without = (excluded[name] ?? []).map((path) => `--exclude=${path}`);
      run(directory, "tar", "--create", "--file=it.tar", ...options, ...without, "-C", "source", ".");
      const target = subdirectory(directory, "target");
      run(directory, "tar", ...extract, "--file=it.tar", "-C", "target");
      const entries = await expectExtracted(join(directory, "it.tar"), target, stored);
      const listed = run(
        directory,
        "tar",
        "--list",
        "--file=it.tar",
        "--quoting-style=literal",
        "--null",
        "--show-transformed-names",
      );
      expect(entries.map(({ path }) => path).join("\n")).toBe(listed.trimEnd());
      if (options.includes("--sparse"))
        expect(entries.filter(({ sparse }) => sparse !== undefined)).toHaveLength(3);
    },
  );

  it.each(formats)(
    "finds no difference to the files in a copy of the format %s by writeTar",
    async (name, options, tree) => {
      const directory = temporaryDirectory();
      const source = subdirectory(directory, "source");
      makeTree(source, tree);
      const without = (excluded[name] ?? []).map((path) => `--exclude=${path}`);
      run(directory, "tar", "--create", "--file=it.tar", ...options, ...without, "-C", "source", ".");
      const copy = await copied(join(directory, "it.tar"));
      writeFileSync(join(directory, "copy.tar"), copy);
      expect(run(directory, "tar", "--compare", "--file=copy.tar", "--xattrs", "-C", "source")).toBe("");
      const target = subdirectory(directory, "target");
      run(directory, "tar", ...extract, "--file=copy.tar", "-C", "target");
      await expectExtracted(join(directory, "copy.tar"), target, rich);
    },
  );

  it("lists any entries that writeTar writes", async () => {
    const directory = temporaryDirectory();
    const entries: TarEntryInit[] = [
      { path: "plain", content: Buffer.from("x"), mtime: 1_700_000_000, uid: 1, gid: 2, mode: 0o640 },
      { path: "é/".repeat(100), type: "directory" },
      { path: "n".repeat(4000), mtime: 1.5 },
      { path: "old", mtime: -1 },
      { path: "bytes-\udcff", content: Buffer.from("y") },
      { path: "link", type: "symlink", linkName: "\udcfe".repeat(3) },
      { path: "hard", type: "link", linkName: "plain" },
      { path: "large-id", uid: 2 ** 32 - 2, gid: 2 ** 31 },
      { path: "device", type: "character-device", deviceMajor: 0o7777777, deviceMinor: 5 },
    ];
    writeFileSync(join(directory, "it.tar"), await written(entries));
    const listed = run(
      directory,
      "tar",
      "--list",
      "--verbose",
      "--numeric-owner",
      "--full-time",
      "--quoting-style=escape",
      "--file=it.tar",
    );
    const lines = listed.trimEnd().split("\n");
    expect(lines).toHaveLength(entries.length);
    expect(lines[0]).toBe("-rw-r----- 1/2               1 2023-11-14 22:13:20 plain");
    expect(lines[1]).toMatch(/^drwxr-xr-x 0\/0 +0 1970-01-01 00:00:00 (é\/)+$/);
    expect(lines[2]).toMatch(/1970-01-01 00:00:01\.5 n{4000}$/);
    expect(lines[3]).toMatch(/1969-12-31 23:59:59 +old$/);
    expect(lines[4]).toMatch(/bytes-\\377$/);
    expect(lines[5]).toMatch(/link -> \\376\\376\\376$/);
    expect(lines[6]).toMatch(/^h.*hard link to plain$/);
    expect(lines[7]).toMatch(/4294967294\/2147483648/);
    expect(lines[8]).toMatch(/^c.* 2097151,5 /);
  });

  it("reads the content that writeTar writes beyond 8 GiB from its PAX header", async () => {
    const directory = temporaryDirectory();
    // Only the header is written, because GNU tar lists a cut archive up to the cut.
    const writing = writeTar([{ path: "huge", size: 2 ** 33, content: [new Uint8Array(70_000)] }]);
    const { value } = await writing.next();
    await writing.return();
    writeFileSync(join(directory, "it.tar"), value ?? "");
    const listed = (): string => {
      try {
        return run(directory, "tar", "--list", "--verbose", "--file=it.tar");
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    };
    expect(listed()).toMatch(/ 8589934592 .* huge\n$/);
  });

  it("writes global headers, whose records are read as it lists them", async () => {
    const directory = temporaryDirectory();
    const source = subdirectory(directory, "source");
    writeFileSync(join(source, "file"), "x");
    run(
      directory,
      "tar",
      "--create",
      "--file=it.tar",
      "--format=posix",
      "--pax-option=uname=ann,gname=users,comment=all",
      "-C",
      "source",
      "file",
    );
    const [entry] = await read(readFileSync(join(directory, "it.tar")));
    expect(entry).toMatchObject({ userName: "ann", groupName: "users" });
    expect(entry?.pax.get("comment")).toBe("all");
    expect(run(directory, "tar", "--list", "--verbose", "--file=it.tar")).toContain("ann/users");
  });

  it("writes incremental archives and labels, whose entries have another type", async () => {
    const directory = temporaryDirectory();
    const source = subdirectory(directory, "source");
    writeFileSync(join(source, "file"), "x");
    run(
      directory,
      "tar",
      "--create",
      "--file=it.tar",
      "--listed-incremental=state",
      "--label=volume",
      "-C",
      "source",
      ".",
    );
    const entries = await read(readFileSync(join(directory, "it.tar")));
    expect(entries.map(({ path, type, typeflag }) => [path, type, typeflag])).toEqual([
      ["volume", "other", "V"],
      ["./", "other", "D"],
      ["./file", "file", "0"],
    ]);
    expect(Buffer.from(entries[1]?.bytes ?? []).toString()).toBe("Yfile\0\0");
  });

  it("ends an archive at the same entry as readTar, also if more follows", async () => {
    const directory = temporaryDirectory();
    const source = subdirectory(directory, "source");
    for (const name of ["a", "b"]) {
      writeFileSync(join(source, name), name);
      run(directory, "tar", "--create", `--file=${name}.tar`, "-C", "source", name);
    }
    const [a, b] = ["a.tar", "b.tar"].map((name) => readFileSync(join(directory, name))) as [Buffer, Buffer];
    for (const whole of [
      concat([a, b]),
      concat([a.subarray(0, 1024), b]),
      a.subarray(0, 1024),
      a.subarray(0, 1536),
    ]) {
      writeFileSync(join(directory, "it.tar"), whole);
      const listed = run(directory, "tar", "--list", "--file=it.tar").trimEnd().split("\n");
      expect((await read(whole)).map(({ path }) => path)).toEqual(listed);
    }
  });

  it.skipIf(!isRoot)("writes names of owners, which are read", async () => {
    const directory = temporaryDirectory();
    const source = subdirectory(directory, "source");
    writeFileSync(join(source, "file"), "x");
    for (const format of ["ustar", "oldgnu", "gnu", "posix"]) {
      run(directory, "tar", "--create", "--file=it.tar", `--format=${format}`, "-C", "source", "file");
      expect((await read(readFileSync(join(directory, "it.tar"))))[0]).toMatchObject({
        userName: "root",
        groupName: "root",
      });
    }
  });
});

/** Writes the entries of an archive again. */
async function copied(path: string): Promise<Uint8Array> {
  return written(readTar(readFileSync(path)) as AsyncIterable<TarEntryInit>);
}

async function written(entries: Parameters<typeof writeTar>[0]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(entries)) chunks.push(chunk.slice());
  return concat(chunks);
}
