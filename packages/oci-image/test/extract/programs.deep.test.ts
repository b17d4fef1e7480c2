import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { bytes, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { createLayer } from "../../src/create-layer/create-layer.ts";
import type { LayerFile } from "../../src/create-layer/layer-file.ts";
import { extractTo } from "../../src/extract/extract-to.ts";
import { filesOf } from "../../src/extract/files-of.ts";
import { contentOf, copyTo, imageOf, type LayerOf } from "./images.ts";

/** Whether `program` is installed. In CI it must be. */
function has(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return process.platform === "linux";
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined)
      throw new Error(`${program} is not installed, but CI needs it`);
    console.info(`skipped: working with ${program}, because it is not installed`);
    return false;
  }
}

const long = "n".repeat(120);
const base: readonly LayerFile[] = [
  { path: "bin/", mode: 0o750, mtime: 1000 },
  { path: "bin/run", content: bytes("#!/bin/sh\n"), mode: 0o755, mtime: 1001.5 },
  { path: "bin/same", type: "link", linkName: "bin/run" },
  { path: `${long}/${long}/é`, content: bytes("long"), mtime: 1002 },
  { path: "etc/a", content: bytes("a"), mtime: 1003 },
  { path: "etc/b", content: bytes("b"), mode: 0o600, mtime: 1004 },
  { path: "etc/link", type: "symlink", linkName: "/etc/a", mtime: 1005 },
  { path: "etc/many", content: () => new Uint8Array(300_000).fill(7), mtime: 1006 },
  { path: "empty/", mode: 0o777, mtime: 1007 },
];
const options = { parents: true } as const;

describe.each(["tar", "bsdtar"])("%s", (program) => {
  it.skipIf(!has(program))("extracts a layer as extractTo does", async () => {
    const [theirs, ours] = [temporaryDirectory(), temporaryDirectory()];
    const layer = await createLayer(base, options);
    execFileSync(program, ["-xpzf", "-", "-C", theirs], { input: layer.content });
    await extractTo(await imageOf({ files: base, ...options }), ours);
    expect(contentOf(ours)).toEqual(contentOf(theirs));
  });

  it.skipIf(!has(program))("reads the same list from a layer of a directory", async () => {
    const directory = temporaryDirectory();
    await extractTo(await imageOf({ files: base, ...options }), directory);
    const { content } = await createLayer(filesOf(directory, { times: true }), { compression: "none" });
    const listed = execFileSync(program, ["-tf", "-"], {
      input: content,
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C.UTF-8" },
    });
    expect(
      listed
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.replace(/\/$/, ""))
        .toSorted(),
    ).toHaveLength(Object.keys(contentOf(directory)).length);
  });

  it.skipIf(!has(program))("writes a layer that extractTo extracts as it was", async () => {
    const [source, target] = [temporaryDirectory(), temporaryDirectory()];
    await extractTo(await imageOf({ files: base, ...options }), source);
    const written = execFileSync(program, ["-cf", "-", "-C", source, "."], { maxBuffer: 2 ** 26 });
    await extractTo(await imageOf(new Uint8Array(written)), target);
    // GNU tar writes whole seconds, unless it writes PAX headers.
    const whole = (found: ReturnType<typeof contentOf>): unknown =>
      Object.fromEntries(
        Object.entries(found).map(([path, facts]) => [path, { ...facts, mtime: Math.floor(facts.mtime) }]),
      );
    expect(whole(contentOf(target))).toEqual(whole(contentOf(source)));
  });
});

describe("umoci", () => {
  const layers: readonly LayerOf[] = [
    { files: base, ...options },
    {
      files: [
        { path: "etc/", mtime: 2000 },
        { path: "etc/c", content: bytes("c"), mtime: 2001 },
        { path: "empty", content: bytes("a file now"), mtime: 2002 },
      ],
      removed: ["etc/a", "bin/run", "empty"],
    },
    {
      files: [
        { path: `${long}/new`, mtime: 3000 },
        { path: `${long}/`, mtime: 3001 },
      ],
      opaque: [long],
    },
  ];

  it.skipIf(!has("umoci"))("unpacks an image with whiteouts as extractTo does", async () => {
    const work = temporaryDirectory();
    const ours = temporaryDirectory();
    const at = await imageOf(...layers);
    const layout = await openLayout(join(work, "layout"), { defaultRepository: "a" });
    try {
      await copyTo(at, layout);
    } finally {
      await layout.close();
    }
    execFileSync(
      "umoci",
      [
        "raw",
        "unpack",
        ...(process.getuid?.() === 0 ? [] : ["--rootless"]),
        "--image",
        "layout:v1",
        "rootfs",
      ],
      {
        cwd: work,
        stdio: "pipe",
      },
    );
    await extractTo(at, ours);
    expect(contentOf(ours)).toEqual(contentOf(join(work, "rootfs")));
  });
});
