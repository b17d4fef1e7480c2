import { readFileSync } from "node:fs";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import type { ManifestContent } from "@ocilayout/layout-testkit/content";
import { artifact, image, index, pushContent } from "@ocilayout/layout-testkit/content";
import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import type { Tree } from "../src/tree/node.ts";
import { fixture, jsonLines, lines, ocilayout } from "./command.ts";

const trees = async (...args: string[]): Promise<Tree[]> => (await jsonLines("show", ...args)) as Tree[];

/** Creates a layout with these manifests. The last one gets the tag root. */
async function layoutOf(contents: readonly (ManifestContent | Promise<ManifestContent>)[]): Promise<string> {
  const layout = join(temporaryDirectory(), "layout");
  const registry = await openLayout(layout, { defaultRepository: "default", durability: "none" });
  for (const [place, content] of contents.entries()) {
    await pushContent(registry, "default", content, place === contents.length - 1 ? { tags: ["root"] } : {});
  }
  await registry.close();
  return layout;
}

describe("show", () => {
  it("draws an index, its platforms, and their configs and layers", async () => {
    const drawn = await lines("show", `${fixture("skopeo-1.22.0-all")}:multi`);
    expect(drawn[0]).toMatch(
      /^default:multi {2}index {2}sha256:[0-9a-f]{12} {2}[0-9.]+ k?B {2}application\/vnd\.oci\.image\.index\.v1\+json$/,
    );
    expect(drawn[1]).toMatch(/^├─ image .*linux\/amd64/);
    expect(drawn[2]).toMatch(/^│ {2}├─ config {2}/);
    expect(drawn[3]).toMatch(/^│ {2}├─ layer {2}/);
    expect(drawn.at(-2)).toMatch(/^ {3}└─ layer {2}/);
    expect(drawn.at(-1)).toBe("         ci.umo.uncompressed_blob_size = 2048");
  });

  it("prints a flat list with --json, each node before those below it", async () => {
    const [tree, ...more] = await trees(`${fixture("skopeo-1.22.0-all")}:multi`);
    expect(more).toEqual([]);
    expect(tree).toMatchObject({ repository: "default", tags: ["multi"] });
    expect(tree?.nodes[0]).toMatchObject({ depth: 0, role: "index", state: "read" });
    expect(tree?.nodes[1]).toMatchObject({
      depth: 1,
      role: "image",
      platform: "linux/amd64",
      parent: tree?.nodes[0]?.digest,
    });
    expect(tree?.nodes[2]).toMatchObject({
      depth: 2,
      role: "config",
      state: "listed",
      parent: tree?.nodes[1]?.digest,
    });
  });

  it("shows referrers of a manifest below its parts, and annotations", async () => {
    const layout = fixture("oras-1.3.3-attach");
    const [tree] = await trees(`${layout}:app`);
    const referrers = tree?.nodes.filter(({ role }) => role === "referrer") ?? [];
    expect(referrers.length).toBeGreaterThan(0);
    for (const { parent } of referrers) expect(tree?.nodes.map(({ digest }) => digest)).toContain(parent);
    const annotated = tree?.nodes.find(
      ({ annotations, role }) => role === "referrer" && annotations !== undefined,
    );
    const [key, value] = Object.entries(annotated?.annotations ?? {})[0] ?? ["", ""];
    expect((await lines("show", `${layout}:app`)).join("\n")).toContain(`${key} = ${value}`);
  });

  it("accepts a digest", async () => {
    const layout = fixture("skopeo-1.22.0-tag");
    const [byTag] = await trees(`${layout}:1.0`);
    const [byDigest] = await trees(`${layout}@${byTag?.nodes[0]?.digest ?? ""}`);
    expect(byDigest).toEqual({ ...byTag, tags: [] });
  });

  it("shows everything in a layout: every reachable blob, and each manifest once", async () => {
    for (const name of [
      "ref-shared",
      "regctl-main-referrers",
      "buildx-0.29.1-oci-dir-attest",
      "skopeo-1.22.0-no-tag",
    ]) {
      const found = await trees(fixture(name));
      const { reachable } = JSON.parse(
        readFileSync(
          join(import.meta.dirname, "../../../packages/layout-core/test/fixtures", name, "expected.json"),
          "utf8",
        ),
      ) as { reachable: { manifests: { digest: string }[]; blobs: { digest: string }[] } };
      const expected = [...reachable.manifests, ...reachable.blobs].map(({ digest }) => digest);
      expect(new Set(found.flatMap(({ nodes }) => nodes.map(({ digest }) => digest))), name).toEqual(
        new Set(expected),
      );
    }
  });

  it("shows everything in a directory of layouts", async () => {
    const found = await trees(fixture("ref-per-repo"), "--per-repo");
    expect(new Set(found.map(({ repository }) => repository))).toEqual(new Set(["a", "a/b", "a/b/c", "z"]));
  });

  it("reports missing and damaged parts, and continues", async () => {
    const all = await ocilayout("show", fixture("x-blob-missing"), "--json");
    expect(all.code).toBe(0);
    expect((await ocilayout("show", fixture("x-blob-missing"))).stdout).toContain("(missing)");
    expect((await ocilayout("show", fixture("x-blob-mismatch"))).stdout).toContain("(damaged)");
  });

  it.each(["x-subject-chain", "x-odd-ref-names", "x-proto-annotations", "x-annotations-odd"])(
    "completes on the layout %s",
    async (name) => {
      const layout = fixture(name);
      expect((await ocilayout("show", layout)).code).toBe(0);
      expect((await ocilayout("show", layout, "--json")).code).toBe(0);
    },
  );

  it("completes on nested indexes of any depth", async () => {
    const layout = join(temporaryDirectory(), "layout");
    let nested: ManifestContent = await index();
    for (let level = 0; level < 50; level += 1) nested = await index([nested]);
    const registry = await openLayout(layout, { defaultRepository: "default", durability: "none" });
    await pushContent(registry, "default", nested, { tags: ["deep"] });
    await registry.close();
    const [tree] = await trees(`${layout}:deep`);
    expect(tree?.nodes.at(-1)).toMatchObject({ depth: 50, role: "index", state: "read" });
    expect(await lines("show", layout)).toHaveLength(51);
  });

  it("escapes control characters of a layout", async () => {
    const annotations = { "a\u001b[31m": "red\nline", title: "\u202egpj.exe" };
    const layout = await layoutOf([artifact({ annotations })]);
    const { stdout } = await ocilayout("show", `${layout}:root`);
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(stdout).toContain("a\\u001b[31m = red\\u000aline");
    expect(stdout).toContain("title = \\u202egpj.exe");
  });

  it("puts referrers of a child below that child, and shows it in full once", async () => {
    const [first, second] = await Promise.all([image({ layers: ["one"] }), image({ layers: ["two"] })]);
    const referrer = await artifact({ subject: first.descriptor });
    const roles = async (...contents: ManifestContent[]): Promise<string[]> => {
      const [tree] = await trees(`${await layoutOf([referrer, index(contents)])}:root`);
      return (tree?.nodes ?? [])
        .filter(({ role }) => role !== "config" && role !== "layer")
        .map(({ role, depth, state }) => `${depth} ${role} ${state}`);
    };
    expect(await roles(first, second)).toEqual([
      "0 index read",
      "1 image read",
      "2 referrer read",
      "1 image read",
    ]);
    expect(await roles(referrer, first)).toEqual([
      "0 index read",
      "1 image read",
      "1 image read",
      "2 referrer repeated",
    ]);
  });

  it("exits with 1 for a missing tag", async () => {
    const { code, stderr } = await ocilayout("show", `${fixture("skopeo-1.22.0-tag")}:nope`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ocilayout: MANIFEST_UNKNOWN: /);
  });
});
