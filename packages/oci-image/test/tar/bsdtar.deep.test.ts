import { execFileSync } from "node:child_process";
import { writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readTar, type TarEntryInit, writeTar } from "../../src/tar.ts";
import { concat, read } from "./archives.ts";
import { expectExtracted, type Stored, subdirectory } from "./compare.ts";
import { has, run } from "./programs.ts";
import { makeTree, type TreeOptions } from "./tree.ts";

const plain: Stored = { xattrs: false, fractions: false };
const rich: Stored = { xattrs: true, fractions: true };

/** The formats of bsdtar: a name, what the tree has, and what the format stores of it. */
const formats: readonly (readonly [string, TreeOptions, Stored])[] = [
  ["v7tar", {}, plain],
  ["ustar", {}, plain],
  ["gnutar", { long: true, numbers: true }, plain],
  ["pax", { long: true, numbers: true, fractions: true, xattrs: true }, rich],
];

/** V7 cannot store all types. */
const excluded: Readonly<Record<string, readonly string[]>> = { v7tar: ["./pipe", "./character", "./block"] };

const extract = ["--extract", "--preserve-permissions", "--same-owner", "--numeric-owner"];

describe.skipIf(!has("bsdtar") || !has("python3"))("bsdtar", () => {
  it.each(formats)(
    "writes archives in the format %s that are read as it extracts them",
    async (format, tree, stored) => {
      const directory = temporaryDirectory();
      makeTree(subdirectory(directory, "source"), tree);
      const without = (excluded[format] ?? []).map((path) => `--exclude=${path}`);
      run(
        directory,
        "bsdtar",
        "--create",
        "--file=it.tar",
        `--format=${format}`,
        ...without,
        "-C",
        "source",
        ".",
      );
      const target = subdirectory(directory, "target");
      run(directory, "bsdtar", ...extract, "--file=it.tar", "-C", "target");
      const entries = await expectExtracted(join(directory, "it.tar"), target, stored);
      // bsdtar finds the holes of files itself.
      if (format === "pax") expect(entries.some(({ sparse }) => sparse !== undefined)).toBe(true);
    },
  );

  it.each(formats)(
    "extracts a copy of the format %s by writeTar as it extracts the archive",
    async (format, tree) => {
      const directory = temporaryDirectory();
      makeTree(subdirectory(directory, "source"), tree);
      const without = (excluded[format] ?? []).map((path) => `--exclude=${path}`);
      run(
        directory,
        "bsdtar",
        "--create",
        "--file=it.tar",
        `--format=${format}`,
        ...without,
        "-C",
        "source",
        ".",
      );
      const whole = readFileSync(join(directory, "it.tar"));
      writeFileSync(
        join(directory, "copy.tar"),
        await written(readTar(whole) as AsyncIterable<TarEntryInit>),
      );
      const target = subdirectory(directory, "target");
      run(directory, "bsdtar", ...extract, "--file=copy.tar", "-C", "target");
      await expectExtracted(join(directory, "copy.tar"), target, rich);
    },
  );

  it("lists any entries that writeTar writes", async () => {
    const directory = temporaryDirectory();
    const paths = [
      "plain",
      "é",
      "n".repeat(1000),
      "new\nline",
      "bytes-\udcff",
      `${"p".repeat(155)}/${"q".repeat(100)}`,
    ];
    writeFileSync(join(directory, "it.tar"), await written(paths.map((path) => ({ path }))));
    const output = execFileSync("bsdtar", ["--list", "--null", "--file", "it.tar"], {
      cwd: directory,
      env: { ...process.env, LC_ALL: "C.UTF-8" },
    });
    const found = (await read(readFileSync(join(directory, "it.tar")))).map(({ path }) => path);
    expect(found).toEqual(paths);
    // bsdtar escapes bytes that it cannot print.
    const listed = output.toString("latin1").trimEnd().split("\n");
    expect(listed).toHaveLength(paths.length);
    expect(listed[4]).toMatch(/^bytes-(\\377|\xff)$/);
  });

  it("writes content between the parts of sparse files, which are read as they are", async () => {
    const directory = temporaryDirectory();
    const source = subdirectory(directory, "source");
    makeTree(source, {});
    run(
      directory,
      "bsdtar",
      "--create",
      "--file=it.tar",
      "--format=pax",
      "-C",
      "source",
      "holes",
      "hole",
      "fragments",
    );
    for (const entry of await read(readFileSync(join(directory, "it.tar"))))
      expect([entry.path, readFileSync(join(source, entry.path)).compare(entry.bytes)]).toEqual([
        entry.path,
        0,
      ]);
  });
});

async function written(entries: Parameters<typeof writeTar>[0]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(entries)) chunks.push(chunk.slice());
  return concat(chunks);
}
