import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, posix, relative, win32 } from "node:path";

import { digestOf, bytes, rejection, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk } from "../src/disk/disk.ts";
import { findLayoutOn } from "../src/find/find-layout.ts";
import { findLayout } from "../src/index.ts";

const digest = digestOf(bytes("x"));

/** Calls `findLayout` on a tree in which these directories are layouts. */
function findIn(layouts: readonly string[], path: string, flavour = posix) {
  const markers = layouts.map((layout) => flavour.join(layout, "oci-layout"));
  const statNow = (asked: string): ReturnType<typeof nodeDisk.statNow> =>
    markers.includes(asked) ? ({ isFile: () => true } as ReturnType<typeof nodeDisk.statNow>) : undefined;
  return findLayoutOn({ ...nodeDisk, statNow }, path, flavour);
}

// clause 29
describe("findLayout", () => {
  it.each([
    ["the layout itself", "images", { directory: "images", kind: "directory", matched: "layout" }],
    [
      "the layout itself with a trailing slash",
      "images/",
      { directory: "images/", kind: "directory", matched: "layout" },
    ],
    [
      "the layout and a tag",
      "images:v1",
      { directory: "images", reference: { tag: "v1" }, kind: "directory", matched: "layout" },
    ],
    [
      "the layout and a digest",
      `images@${digest}`,
      { directory: "images", reference: { digest }, kind: "directory", matched: "layout" },
    ],
    [
      "a repository and a tag in a layout",
      "images/app:v1",
      {
        directory: "images",
        reference: { repository: "app", tag: "v1" },
        kind: "directory",
        matched: "prefix",
      },
    ],
    [
      "a repository of several components",
      "images/a/b/c",
      { directory: "images", reference: { repository: "a/b/c" }, kind: "directory", matched: "prefix" },
    ],
    [
      "a tag and a digest",
      `images/app:v1@${digest}`,
      {
        directory: "images",
        reference: { repository: "app", tag: "v1", digest },
        kind: "directory",
        matched: "prefix",
      },
    ],
    [
      "the deepest of several layouts",
      "/var/oci/app:v1",
      {
        directory: "/var/oci",
        reference: { repository: "app", tag: "v1" },
        kind: "directory",
        matched: "prefix",
      },
    ],
    [
      "a layout in the root directory",
      "/srv/app:v1",
      {
        directory: "/",
        reference: { repository: "srv/app", tag: "v1" },
        kind: "directory",
        matched: "prefix",
      },
    ],
    [
      "a directory as it was written, not resolved",
      "./x/../images/app",
      { directory: "./x/../images", reference: { repository: "app" }, kind: "directory", matched: "prefix" },
    ],
    [
      "a directory with a colon in its name",
      "a:b",
      { directory: "a:b", kind: "directory", matched: "layout" },
    ],
    [
      "a repository in a directory with a colon in its name",
      "a:b/app:v1",
      { directory: "a:b", reference: { repository: "app", tag: "v1" }, kind: "directory", matched: "prefix" },
    ],
    [
      "no layout, but a fallback",
      "some/where/app:v1",
      {
        directory: "some/where",
        reference: { repository: "app", tag: "v1" },
        kind: "directory",
        matched: "fallback",
      },
    ],
    [
      "no layout, but a fallback of one component",
      "app:v1",
      { directory: ".", reference: { repository: "app", tag: "v1" }, kind: "directory", matched: "fallback" },
    ],
  ])("finds %s: %s", (_name, path, expected) => {
    expect(findIn(["images", "images/", "/", "/var", "/var/oci", "a:b", "x/../images"], path)).toEqual(
      expected,
    );
  });

  it("finds a layout in the working directory", () => {
    expect(findIn(["."], "app:v1")).toEqual({
      directory: ".",
      reference: { repository: "app", tag: "v1" },
      kind: "directory",
      matched: "prefix",
    });
  });

  it.each([
    [
      "C:\\images\\app:v1",
      {
        directory: "C:\\images",
        reference: { repository: "app", tag: "v1" },
        kind: "directory",
        matched: "prefix",
      },
    ],
    [
      "C:/images/a/b",
      { directory: "C:/images", reference: { repository: "a/b" }, kind: "directory", matched: "prefix" },
    ],
    [
      "C:\\images\\a\\b:v1",
      {
        directory: "C:\\images",
        reference: { repository: "a/b", tag: "v1" },
        kind: "directory",
        matched: "prefix",
      },
    ],
    [
      "C:\\images:v1",
      { directory: "C:\\images", reference: { tag: "v1" }, kind: "directory", matched: "layout" },
    ],
    ["C:\\images", { directory: "C:\\images", kind: "directory", matched: "layout" }],
    [
      "D:\\other\\app",
      { directory: "D:\\other", reference: { repository: "app" }, kind: "directory", matched: "fallback" },
    ],
    ["D:app", { directory: "D:", reference: { repository: "app" }, kind: "directory", matched: "fallback" }],
    [
      "\\\\server\\share\\app:v1",
      {
        directory: "\\\\server\\share\\",
        reference: { repository: "app", tag: "v1" },
        kind: "directory",
        matched: "fallback",
      },
    ],
  ])("reads Windows paths: %s", (path, expected) => {
    expect(findIn(["C:\\images"], path, win32)).toEqual(expected);
  });

  it("does not take the colon of a Windows drive as the start of a tag", () => {
    expect(findIn(["D"], "D:app", win32)).toEqual({
      directory: "D:",
      reference: { repository: "app" },
      kind: "directory",
      matched: "fallback",
    });
  });

  it.each(["", "a/B", "a/..", "a/", "x/app:", "a\0b", "x/App", `x/${"a".repeat(300)}`])(
    "rejects %j with NAME_INVALID",
    async (path) => {
      expect(await rejection(findLayout(path))).toMatchObject({ code: "NAME_INVALID" });
    },
  );

  it.each([
    ["", "it is empty"],
    ["a\0b", "it has a NUL character"],
    ["images/app@v1", '"v1" is not a valid digest: it has no algorithm, such as "sha256:"'],
    ["images/app:", '"" is not a valid tag: it is empty'],
    ["images/App:v1", '"App" is not a valid repository: it has upper-case letters'],
    ["images/", '"" is not a valid repository: it is empty'],
    [`x/${"a".repeat(800)}`, "its last component is too long"],
  ])("names the reason why %j is rejected", async (path, reason) => {
    const error = await rejection(findLayout(path));
    expect(error).toMatchObject({ code: "NAME_INVALID", detail: { reason } });
    expect(String(error)).toContain(`is neither a layout nor a reference: ${reason}`);
  });

  it("rejects a path that is not a string with a TypeError", async () => {
    await expect(findLayout(1 as unknown as string)).rejects.toThrow(TypeError);
  });

  // clause 29
  it("skips a prefix that is another file", async () => {
    const root = relative(process.cwd(), temporaryDirectory());
    mkdirSync(join(root, "layout"));
    writeFileSync(join(root, "layout", "oci-layout"), "{}");
    writeFileSync(join(root, "layout", "file"), "");
    const reference = { repository: "file/app", tag: "v1" };
    expect(await findLayout(`${root}/layout/file/app:v1`)).toEqual({
      directory: `${root}/layout`,
      reference,
      kind: "directory",
      matched: "prefix",
    });
  });

  // clause 29
  it.each([
    ["a tar archive", Buffer.concat([Buffer.alloc(257), Buffer.from("ustar"), Buffer.alloc(250)])],
    ["a file compressed with gzip", Buffer.from("1f8b08", "hex")],
    ["a file compressed with zstd", Buffer.from("28b52ffd24", "hex")],
  ])("finds %s, a tag or a digest of it, and a repository in it", async (_name, content) => {
    const root = temporaryDirectory();
    const archive = join(root, "images.tar");
    writeFileSync(archive, content);
    symlinkSync("images.tar", join(root, "link.tar"));
    const found = { directory: archive, kind: "archive" };
    expect(await findLayout(archive)).toEqual({ ...found, matched: "layout" });
    expect(await findLayout(join(root, "link.tar"))).toMatchObject({ kind: "archive" });
    expect(await findLayout(`${archive}:v1`)).toEqual({
      ...found,
      reference: { tag: "v1" },
      matched: "layout",
    });
    expect(await findLayout(`${archive}@${digest}`)).toEqual({
      ...found,
      reference: { digest },
      matched: "layout",
    });
    expect(await findLayout(`${archive}/team/app:v1`)).toEqual({
      ...found,
      reference: { repository: "team/app", tag: "v1" },
      matched: "prefix",
    });
  });

  // clause 29
  it("takes neither a shorter file nor a directory for an archive", async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, "short.tar"), Buffer.concat([Buffer.alloc(257), Buffer.from("usta")]));
    mkdirSync(join(root, "directory.tar"));
    for (const name of ["short.tar", "directory.tar"])
      expect(await findLayout(join(root, name, "app:v1"))).toMatchObject({
        kind: "directory",
        matched: "fallback",
      });
  });

  // clause 29
  it("skips a prefix that cannot be read", () => {
    const statNow = (path: string): undefined => {
      if (path.startsWith("secret"))
        throw Object.assign(new Error("EACCES"), { code: "EACCES", syscall: "stat" });
      return undefined;
    };
    const found = findLayoutOn({ ...nodeDisk, statNow }, "secret/app:v1", posix);
    expect(found).toEqual({
      directory: "secret",
      reference: { repository: "app", tag: "v1" },
      kind: "directory",
      matched: "fallback",
    });
  });

  // clause 29
  it("rejects a reference that is too long without reading the disk", () => {
    let asked = 0;
    const statNow = (): undefined => void (asked += 1);
    const path = `${"a/".repeat(20_000)}b`;
    expect(findLayoutOn({ ...nodeDisk, statNow }, path, posix)).toMatchObject({
      reference: { repository: "b" },
      kind: "directory",
      matched: "fallback",
    });
    expect(asked).toBeLessThan(300);
  });
});
