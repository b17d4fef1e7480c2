import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { publishAll } from "../src/demo.ts";
import type { ReadTag } from "../src/read-back.ts";
import { drawTree, formatSize } from "../src/tree.ts";

const packages = join(import.meta.dirname, "../../../packages");
let directory: string;
let layout: string;
let tags: ReadTag[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "ocilayout-demo-test-"));
  layout = join(directory, "layout");
  tags = await publishAll(packages, layout);
}, 120_000);
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** The files of the layout that are blobs, by digest, with their size. */
function blobFiles(): Map<string, number> {
  const below = join(layout, "blobs/sha256");
  return new Map(readdirSync(below).map((name) => [`sha256:${name}`, statSync(join(below, name)).size]));
}

describe("the demo", () => {
  it("publishes every package that is to be published, tagged by its version", () => {
    const published = readdirSync(packages)
      .map((name) => JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")) as { name: string; version: string; private?: boolean })
      .filter((manifest) => manifest.private !== true)
      .map(({ name, version }) => `${name.slice(1)}:${version}`);
    expect(tags.map(({ repository, tag }) => `${repository}:${tag}`)).toEqual(published.sort());
  });

  it("draws a tree that matches the files on disk, no blob more and none less", () => {
    const drawn = new Map(tags.flatMap(({ manifest, parts }) => [manifest, ...parts.map((part) => part.descriptor)]).map((d) => [d.digest, d.size]));
    expect(drawn).toEqual(blobFiles());
    const tree = [...drawTree(tags)].join("\n");
    for (const [digest, size] of blobFiles()) expect(tree).toContain(`${digest.slice(0, 19)}  ${formatSize(size)}`);
  });

  it("stores each tarball so that its bytes are the package", () => {
    for (const { parts } of tags) {
      const tarball = parts.find((part) => part.name.endsWith(".tgz"));
      const content = readFileSync(join(layout, "blobs/sha256", tarball?.descriptor.digest.slice(7) ?? ""));
      expect(`sha256:${createHash("sha256").update(content).digest("hex")}`).toBe(tarball?.descriptor.digest);
      expect([...content.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    }
  });

  it("run again changes no file", async () => {
    const index = readFileSync(join(layout, "index.json"), "utf8");
    const files = blobFiles();
    expect(await publishAll(packages, layout)).toEqual(tags);
    expect(readFileSync(join(layout, "index.json"), "utf8")).toBe(index);
    expect(blobFiles()).toEqual(files);
    expect(readdirSync(layout).sort()).toEqual(["_uploads", "blobs", "index.json", "oci-layout"]);
  }, 120_000);

  it("fails on a layout that was tampered with, and says what is wrong", async () => {
    const tampered = join(directory, "tampered");
    cpSync(layout, tampered, { recursive: true });
    rmSync(join(tampered, "oci-layout"));
    await expect(publishAll(packages, tampered)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
  }, 120_000);

  it.skipIf(!hasSkopeo())("is read by skopeo", () => {
    for (const { repository, tag, manifest } of tags) {
      const raw = execFileSync("skopeo", ["inspect", "--raw", `oci:${layout}:${repository}:${tag}`]);
      expect(`sha256:${createHash("sha256").update(raw).digest("hex")}`).toBe(manifest.digest);
    }
  });
});

it("sizes are told in the unit that keeps them short", () => {
  expect([0, 999, 1000, 12_345, 1_500_000].map(formatSize)).toEqual(["0 B", "999 B", "1.0 kB", "12.3 kB", "1.5 MB"]);
});

/** Whether skopeo is here; where not, one test is skipped. CI insists. */
function hasSkopeo(): boolean {
  const found = (process.env["PATH"] ?? "").split(":").some((path) => existsSync(join(path, "skopeo")));
  if (!found && process.env["OCILAYOUT_CI"] !== undefined && process.platform === "linux") throw new Error("skopeo is needed in CI");
  if (!found) console.info("skipped: skopeo reads the demo's layout, because skopeo is not installed");
  return found;
}
