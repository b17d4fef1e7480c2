import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { nodeDisk } from "../src/disk/disk.ts";
import { openRegularFile, readSmallFile } from "../src/disk/regular-file.ts";
import { temporaryDirectory } from "./helpers.ts";

const invalid = { code: "LAYOUT_INVALID" };

describe("a file of ours is opened only if it is a regular file", () => {
  it.each<[string, (path: string) => void]>([
    [
      "a link to a file",
      (path) => {
        writeFileSync(`${path}.other`, "x");
        symlinkSync(`${path}.other`, path);
      },
    ],
    [
      "a link to nowhere",
      (path) => {
        symlinkSync("nowhere", path);
      },
    ],
    [
      "a link to itself",
      (path) => {
        symlinkSync(path, path);
      },
    ],
    [
      "a link to /dev/zero",
      (path) => {
        symlinkSync("/dev/zero", path);
      },
    ],
    [
      "a directory",
      (path) => {
        mkdirSync(path);
      },
    ],
    [
      "a pipe",
      (path) => {
        execFileSync("mkfifo", [path]);
      },
    ],
  ])("refuses %s", async (_, make) => {
    const path = join(temporaryDirectory(), "file");
    make(path);
    await expect(openRegularFile(nodeDisk, path, "file")).rejects.toMatchObject(invalid);
    await expect(openRegularFile(nodeDisk, path, "file", "write")).rejects.toMatchObject(invalid);
    await expect(readSmallFile(nodeDisk, path, "file")).rejects.toMatchObject(invalid);
  });

  it("finds nothing where nothing is, or a file stands in the way", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "file"), "x");
    expect(await openRegularFile(nodeDisk, join(directory, "absent"), "absent")).toBeUndefined();
    expect(await readSmallFile(nodeDisk, join(directory, "file", "below"), "file/below")).toBeUndefined();
  });
});

describe("a small file is read whole, up to a limit", () => {
  it("reads a file of just the limit, and refuses one byte more", async () => {
    const path = join(temporaryDirectory(), "file");
    writeFileSync(path, "abc");
    expect((await readSmallFile(nodeDisk, path, "file", 3))?.bytes).toEqual(new Uint8Array([97, 98, 99]));
    await expect(readSmallFile(nodeDisk, path, "file", 2)).rejects.toMatchObject(invalid);
  });

  it("refuses a sparse file of 3 GB without reading it", async () => {
    const path = join(temporaryDirectory(), "file");
    writeFileSync(path, "");
    truncateSync(path, 3e9);
    await expect(readSmallFile(nodeDisk, path, "file")).rejects.toMatchObject(invalid);
  });

  it("reads what a file has by the time it is read, and refuses one that outgrows the limit meanwhile", async () => {
    const path = join(temporaryDirectory(), "file");
    writeFileSync(path, "abc");
    const growing = {
      ...nodeDisk,
      fstat: async (file: number) =>
        ({ ...(await nodeDisk.fstat(file)), size: 1n, isFile: () => true }) as Awaited<
          ReturnType<typeof nodeDisk.fstat>
        >,
    };
    expect((await readSmallFile(growing, path, "file", 3))?.bytes).toEqual(new Uint8Array([97, 98, 99]));
    await expect(readSmallFile(growing, path, "file", 2)).rejects.toMatchObject(invalid);
  });
});
