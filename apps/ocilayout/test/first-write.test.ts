import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { ocilayout } from "./command.ts";

describe("a directory without oci-layout", () => {
  const unfinished: readonly (readonly [name: string, prepare: (directory: string) => void])[] = [
    [
      "upload sessions",
      (directory) => {
        mkdirSync(join(directory, "_uploads/x"), { recursive: true });
      },
    ],
    [
      "empty blobs",
      (directory) => {
        mkdirSync(join(directory, "blobs/sha256"), { recursive: true });
      },
    ],
    [
      "a lock",
      (directory) => {
        writeFileSync(join(directory, ".index.json.lock"), "{}");
      },
    ],
    [
      "a temporary file",
      (directory) => {
        writeFileSync(join(directory, ".oci-layout.x.tmp"), "");
      },
    ],
  ];
  it.each(unfinished)(
    "that holds only %s is a layout whose first write was interrupted",
    async (_name, prepare) => {
      const images = join(temporaryDirectory(), "images");
      mkdirSync(images);
      prepare(images);
      expect(await ocilayout("ls", images)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    },
  );

  const foreign: readonly (readonly [name: string, prepare: (directory: string) => void])[] = [
    [
      "upload sessions beside a file",
      (directory) => {
        mkdirSync(join(directory, "_uploads"));
        writeFileSync(join(directory, "notes"), "");
      },
    ],
    [
      "a link called _uploads",
      (directory) => {
        symlinkSync("/", join(directory, "_uploads"));
      },
    ],
    [
      "blobs with a file",
      (directory) => {
        mkdirSync(join(directory, "blobs"));
        writeFileSync(join(directory, "blobs/x"), "");
      },
    ],
    [
      "a directory called like a lock",
      (directory) => {
        mkdirSync(join(directory, ".index.json.lock"));
      },
    ],
  ];
  it.each(foreign)("that holds %s is not a layout", async (_name, prepare) => {
    const directory = temporaryDirectory();
    const images = join(directory, "images");
    mkdirSync(images);
    prepare(images);
    writeFileSync(join(directory, "file"), "content");
    for (const args of [
      ["ls", images],
      ["push", `${images}/app:v1`, join(directory, "file")],
    ]) {
      expect(await ocilayout(...args)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^ocilayout: NAME_UNKNOWN: /) as string,
      });
    }
  });
});
