import { symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { obstacles, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk } from "../src/disk/disk.ts";
import { openRegularFile, readSmallFile } from "../src/disk/regular-file.ts";

const invalid = { code: "LAYOUT_INVALID" };

describe("openRegularFile", () => {
  it.each<readonly [string, (path: string) => void]>([
    [
      "a link to a file",
      (path) => {
        writeFileSync(`${path}.other`, "x");
        symlinkSync(`${path}.other`, path);
      },
    ],
    ...obstacles,
  ])("rejects %s", async (_, make) => {
    const path = join(temporaryDirectory(), "file");
    make(path);
    await expect(openRegularFile(nodeDisk, path, "file")).rejects.toMatchObject(invalid);
    await expect(openRegularFile(nodeDisk, path, "file", "write")).rejects.toMatchObject(invalid);
    await expect(readSmallFile(nodeDisk, path, "file")).rejects.toMatchObject(invalid);
  });

  it("returns undefined if the file is missing, or a file stands in the way", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "file"), "x");
    expect(await openRegularFile(nodeDisk, join(directory, "absent"), "absent")).toBeUndefined();
    expect(await readSmallFile(nodeDisk, join(directory, "file", "below"), "file/below")).toBeUndefined();
  });
});

describe("readSmallFile", () => {
  it("reads a file at the size limit, and rejects one byte more", async () => {
    const path = join(temporaryDirectory(), "file");
    writeFileSync(path, "abc");
    expect((await readSmallFile(nodeDisk, path, "file", 3))?.bytes).toEqual(new Uint8Array([97, 98, 99]));
    await expect(readSmallFile(nodeDisk, path, "file", 2)).rejects.toMatchObject(invalid);
  });

  it("rejects a sparse file of 3 GB without reading it", async () => {
    const path = join(temporaryDirectory(), "file");
    writeFileSync(path, "");
    truncateSync(path, 3e9);
    await expect(readSmallFile(nodeDisk, path, "file")).rejects.toMatchObject(invalid);
  });

  it("reads a file that grew meanwhile, and rejects one that outgrew the limit", async () => {
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
