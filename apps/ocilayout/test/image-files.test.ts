import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { everything, jsonLines, lines, ocilayout, sha256 } from "./command.ts";
import { makeImages } from "./images.ts";

let directory: string;
let image: string;
const arm = ["--platform", "linux/arm64"] as const;
const at = (name: string): string => join(directory, name);
beforeEach(async () => {
  directory = temporaryDirectory();
  image = `${await makeImages(directory)}/app:v1`;
});

describe("files", () => {
  it("lists the files of the image for a platform, sorted by path", async () => {
    expect((await lines("files", image, ...arm)).map((line) => line.replace(/ +\d{4}-\S+/, ""))).toEqual([
      "drwxr-xr-x  0:0  0 B  /",
      "drwxr-xr-x  0:0  0 B  /app",
      "-rw-r--r--  0:0  6 B  /app/hello.txt",
      "-rw-r--r--  0:0  11 B  /app/notes",
    ]);
  });

  it("lists one path and what is below it, with its facts as JSON", async () => {
    expect(await jsonLines("files", image, "app/notes", ...arm)).toMatchObject([
      { path: "/app/notes", type: "file", size: 11, mode: 0o644 },
    ]);
    expect(await lines("files", image, "/app/", ...arm)).toHaveLength(3);
  });

  it("exits with 1 for a path that the image does not have", async () => {
    expect(await ocilayout("files", image, "/ap", ...arm)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: 'ocilayout: FILE_UNKNOWN: "/ap" is missing in the image\n',
    });
  });

  it("exits with 1 for a platform that the index does not have", async () => {
    expect(await ocilayout("files", image, "--platform", "linux/riscv64")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ocilayout: MANIFEST_UNKNOWN: /) as string,
    });
  });
});

describe("extract", () => {
  it("writes all files to a new directory", async () => {
    expect(await lines("extract", image, ...arm, "--output", at("root"))).toEqual([
      `${at("root")}  3 entries, 17 B`,
    ]);
    expect(everything(at("root"))).toEqual({
      app: "directory",
      "app/hello.txt": sha256("hello\n"),
      "app/notes": sha256("some notes\n"),
    });
  });

  it("writes one directory, and one file with its permissions", async () => {
    expect(await jsonLines("extract", image, "/app", ...arm, "--output", at("app"))).toMatchObject([
      { entries: 2, bytes: 17, skipped: [] },
    ]);
    expect(readdirSync(at("app")).sort()).toEqual(["hello.txt", "notes"]);
    await lines("extract", image, "/app/notes", ...arm, "--output", at("a/b"));
    expect(readFileSync(at("a/b"), "utf8")).toBe("some notes\n");
    expect(statSync(at("a/b")).mode & 0o777).toBe(0o644);
  });

  it("prints one file", async () => {
    expect((await ocilayout("extract", image, "app/hello.txt", ...arm, "--output", "-")).stdout).toBe(
      "hello\n",
    );
    expect((await ocilayout("extract", image, "app", ...arm, "--output", "-")).code).toBe(2);
  });

  it("replaces nothing, and leaves nothing if it fails", async () => {
    const before = readdirSync(directory);
    for (const inside of ["/app/hello.txt", "/app"]) {
      expect(await ocilayout("extract", image, inside, ...arm, "--output", at("files"))).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^ocilayout: DENIED: cannot write .* it exists; choose another --output\n$/,
        ) as string,
      });
    }
    expect((await ocilayout("extract", image, "/absent", ...arm, "--output", at("x"))).stderr).toMatch(
      /^ocilayout: FILE_UNKNOWN: /,
    );
    expect(existsSync(at("x"))).toBe(false);
    expect(readdirSync(directory)).toEqual(before);
  });

  it("exits with 2 for a whole image without a directory", async () => {
    expect((await ocilayout("extract", image, ...arm)).code).toBe(2);
  });
});
