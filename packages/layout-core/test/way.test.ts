import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { bytes, descriptorOf, pushArtifact, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { findObstacle, mountBetween, openLayout } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { listTree } from "./helpers.ts";

const content = bytes("content");
const blob = descriptorOf(content);

describe("findObstacle", () => {
  it("finds the first component that is not a directory, and looks at nothing beyond it", () => {
    const root = temporaryDirectory();
    mkdirSync(join(root, "a/b"), { recursive: true });
    symlinkSync("b", join(root, "a/link"));
    writeFileSync(join(root, "a/file"), "");
    expect(findObstacle(root, join(root, "a/b"))).toBeUndefined();
    expect(findObstacle(root, join(root, "a/nothing/at/all"))).toBeUndefined();
    expect(findObstacle(root, join(root, "a/link/c"))).toEqual({ name: "a/link", isLink: true });
    expect(findObstacle(root, join(root, "a/file/c"))).toEqual({ name: "a/file", isLink: false });
    symlinkSync(root, join(root, "self"));
    expect(findObstacle(join(root, "self"), join(root, "self/a/b"))).toBeUndefined();
  });

  it("treats a path that is too long as missing", () => {
    const root = temporaryDirectory();
    expect(findObstacle(root, join(root, "x".repeat(300), "y"))).toBeUndefined();
  });
});

describe("the option within", () => {
  it("must contain the directory", async () => {
    const root = temporaryDirectory();
    for (const within of [join(root, "a"), join(root, "a/b"), join(root, "a/bc/d")]) {
      await expect(openLayout(join(root, "a"), { within })).rejects.toThrow(RangeError);
    }
    for (const within of ["", "a\0b"]) await expect(openLayout(root, { within })).rejects.toThrow(TypeError);
    await (await openLayout(join(root, "a"), { within: root })).close();
    await (await openLayout("/a", { within: "/" })).close();
  });

  // clause 30
  it("rejects reads, writes and mounts of a layout behind a link", async () => {
    const [root, outside] = [temporaryDirectory(), temporaryDirectory()];
    await using other = await openLayout(join(outside, "app"), { durability: "none" });
    await other.pushBlob("a", blob, content);
    symlinkSync(outside, join(root, "team"));
    const before = listTree(outside);
    await using layout = await openLayout(join(root, "team/app"), { within: root, durability: "none" });
    await using sound = await openLayout(join(root, "sound"), { within: root, durability: "none" });
    const calls = [
      () => layout.getBlob("a", blob.digest),
      () => layout.pushBlob("a", descriptorOf(bytes("new")), bytes("new")),
      () => collect(layout.repositories()),
      () => layout.gc({ graceMs: 0 }),
      () => mountBetween(layout, sound, blob.digest),
      () => mountBetween(other, layout, blob.digest),
    ];
    for (const call of calls)
      await expect(call()).rejects.toMatchObject({
        code: "LAYOUT_INVALID",
        message: expect.stringMatching(/^team is a link/) as string,
      });
    expect(await collect(layout.verify())).toMatchObject([
      { kind: "damaged-layout", message: expect.stringContaining("team is a link") as string },
    ]);
    expect(listTree(outside)).toEqual(before);
    expect(existsSync(join(root, "sound"))).toBe(false);
  });

  // clause 30
  it("notices before anything is placed that a directory was swapped for a link during the first push", async () => {
    const [root, outside] = [temporaryDirectory(), temporaryDirectory()];
    mkdirSync(join(root, "team"));
    let swaps = 0;
    const swap = (): void => {
      if ((swaps += 1) > 1) return;
      renameSync(join(root, "team"), join(outside, "team"));
      mkdirSync(join(outside, "victim"));
      symlinkSync(join(outside, "victim"), join(root, "team"));
    };
    const disk: Disk = {
      ...nodeDisk,
      async mkdir(path) {
        if (path.endsWith("app")) swap();
        await nodeDisk.mkdir(path);
      },
    };
    const layout = openLayoutOn(disk, join(root, "team/app"), { within: root, durability: "none" });
    await expect(layout.pushBlob("a", blob, content)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    await expect(pushArtifact(layout, "a", "one", ["v1"])).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    await layout.close();
    expect(swaps).toBeGreaterThan(0);
    // At most empty directories: no content, no lock, no index.
    expect(listTree(join(outside, "victim")).filter((path) => !path.endsWith("/"))).toEqual([]);
  });
});

// clause 33
describe("readOnly", () => {
  it("rejects a missing directory with LAYOUT_INVALID when it is opened; one that disappears later reads as empty", async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, "file"), "");
    for (const path of ["nothing", "nothing/at/all", "file", "file/below"]) {
      await expect(openLayout(join(root, path), { readOnly: true })).rejects.toMatchObject({
        code: "LAYOUT_INVALID",
      });
    }
    await expect(
      openLayout(join(root, "a/b"), { readOnly: true, within: join(root, "a") }),
    ).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    mkdirSync(join(root, "empty"));
    await using reader = await openLayout(join(root, "empty"), { readOnly: true });
    expect(await collect(reader.repositories())).toEqual([]);
    await using within = await openLayout(join(root, "a/b"), { readOnly: true, within: root });
    expect(await collect(within.repositories())).toEqual([]);
  });
});
