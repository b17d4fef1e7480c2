import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { fixture, jsonLines, lines, ocilayout, sha256 } from "./command.ts";

describe("cat", () => {
  it("writes a manifest's bytes, by tag and by digest", async () => {
    const layout = fixture("skopeo-1.22.0-tag");
    const [{ digest }] = (await jsonLines("tags", layout)) as [{ digest: string }];
    const byTag = await ocilayout("cat", `${layout}:1.0`);
    expect(byTag).toMatchObject({ code: 0, stderr: "" });
    expect(sha256(byTag.bytes)).toBe(digest);
    expect((await ocilayout("cat", `${layout}@${digest}`)).bytes).toEqual(byTag.bytes);
  });

  it("writes a blob's bytes", async () => {
    const directory = temporaryDirectory();
    const content = Buffer.from([0, 255, 10, 13, 128]);
    writeFileSync(join(directory, "bytes"), content);
    await lines("push", join(directory, "layout/app:v1"), join(directory, "bytes"));
    const found = await ocilayout("cat", "--blob", `${join(directory, "layout/app")}@${sha256(content)}`);
    expect(found.bytes).toEqual(content);
  });

  it("exits with 1 and prints less than everything for damaged content", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "a"), "hello");
    await lines("push", join(directory, "layout/app:v1"), join(directory, "a"));
    const digest = sha256("hello");
    writeFileSync(join(directory, "layout/blobs", digest.replace(":", "/")), "jello");
    const found = await ocilayout("cat", "--blob", `${join(directory, "layout/app")}@${digest}`);
    expect(found).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ocilayout: CONTENT_CORRUPT: /) as string,
    });
    expect(found.stdout).toBe("");
  });

  it.each([
    ["no reference", "", []],
    ["a blob by tag", ":1.0", ["--blob"]],
  ])("exits with 2 for %s", async (_what, rest, flags) => {
    const found = await ocilayout("cat", `${fixture("skopeo-1.22.0-tag")}${rest}`, ...flags);
    expect(found).toMatchObject({ code: 2, stdout: "" });
  });

  it("exits with 2 for a tag and a digest at once", async () => {
    const found = await ocilayout("cat", `${join(fixture("ref-shared"), "library/app")}:1.0@${sha256("")}`);
    expect(found).toMatchObject({ code: 2, stdout: "" });
  });

  it("exits with 1 for an invalid digest", async () => {
    const found = await ocilayout(
      "cat",
      `${join(fixture("ref-shared"), "library/app")}@sha256:${"0".repeat(64)}`,
    );
    expect(found).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ocilayout: MANIFEST_UNKNOWN: /) as string,
    });
  });
});
