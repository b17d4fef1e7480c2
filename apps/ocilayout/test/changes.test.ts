import { existsSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { everything, fixture, jsonLines, lines, ocilayout, sha256 } from "./command.ts";

let directory: string;
let docs: string;
let digest: string;
beforeEach(async () => {
  directory = temporaryDirectory();
  docs = join(directory, "layout/docs");
  writeFileSync(join(directory, "hello.txt"), "hello\n");
  const [pushed] = (await jsonLines("push", `${docs}:v1`, join(directory, "hello.txt"))) as [
    { digest: string },
  ];
  ({ digest } = pushed);
});

/** Whether a blob exists. */
function has(name: string): boolean {
  return existsSync(join(directory, "layout/blobs", name.replace(":", "/")));
}

describe("tag", () => {
  it("adds tags to a manifest", async () => {
    expect(await lines("tag", `${docs}:v1`, "latest", "stable")).toEqual([
      `docs:latest  ${digest}`,
      `docs:stable  ${digest}`,
    ]);
    expect(await jsonLines("tags", docs)).toMatchObject([
      { tag: "latest", digest },
      { tag: "stable", digest },
      { tag: "v1", digest },
    ]);
  });

  it("prints one JSON document with --json, also for a digest", async () => {
    expect(await jsonLines("tag", `${docs}@${digest}`, "v0")).toEqual([
      {
        repository: "docs",
        tag: "v0",
        tags: ["v0"],
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest,
        size: expect.any(Number) as number,
      },
    ]);
  });

  it("exits with 2 and adds no tag if one is invalid", async () => {
    expect(await ocilayout("tag", `${docs}:v1`, "good", "not/good")).toMatchObject({ code: 2, stdout: "" });
    expect(await lines("tags", docs)).toHaveLength(1);
  });

  it("exits with 1 for a missing manifest", async () => {
    expect((await ocilayout("tag", `${docs}:nope`, "v2")).code).toBe(1);
    expect((await ocilayout("tag", join(directory, "nowhere:v1"), "v2")).code).toBe(1);
    expect(readdirSync(directory).sort()).toEqual(["hello.txt", "layout"]);
  });
});

describe("rm", () => {
  it("removes a tag and keeps its manifest", async () => {
    expect(await lines("rm", `${docs}:v1`)).toEqual(["removed the tag docs:v1"]);
    expect(await lines("tags", docs)).toEqual([]);
    expect((await ocilayout("cat", `${docs}@${digest}`)).code).toBe(0);
  });

  it("removes a manifest and its tags", async () => {
    await lines("tag", `${docs}:v1`, "v2");
    expect(await jsonLines("rm", `${docs}@${digest}`)).toEqual([
      { removed: "manifest", repository: "docs", digest },
    ]);
    expect((await ocilayout("tags", docs)).stderr).toMatch(/^ocilayout: NAME_UNKNOWN/);
  });

  it("removes a blob unless a manifest needs it", async () => {
    const blob = sha256("hello\n");
    const refused = await ocilayout("rm", "--blob", `${docs}@${blob}`);
    expect(refused).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^ocilayout: DENIED: /) as string,
    });
    await lines("push", `${docs}:other`, join(directory, "layout/oci-layout"));
    await lines("rm", `${docs}@${digest}`);
    expect(await lines("rm", "--blob", `${docs}@${blob}`)).toEqual([`removed the blob docs@${blob}`]);
    expect(has(blob)).toBe(false);
  });

  it("exits with 1 for a child of an index, and removes nothing", async () => {
    const layout = fixture("skopeo-1.22.0-all");
    const { manifests } = JSON.parse((await ocilayout("cat", `${layout}:multi`)).stdout) as {
      manifests: { digest: string }[];
    };
    const before = everything(layout);
    expect(await ocilayout("rm", `${layout}@${manifests[0]?.digest ?? ""}`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ocilayout: DENIED: /) as string,
    });
    const after = everything(layout);
    expect(after).toMatchObject(before);
    for (const name of Object.keys(before)) expect(after).toHaveProperty([name]);
  });

  it.each([
    ["no reference", "", [], 2],
    ["a blob by tag", ":v1", ["--blob"], 2],
    ["a missing tag", ":nope", [], 1],
  ])("exits with its code for %s", async (_what, rest, flags, code) => {
    expect(await ocilayout("rm", `${docs}${rest}`, ...flags)).toMatchObject({ code, stdout: "" });
  });
});

describe("gc", () => {
  const gc = (...flags: string[]): Promise<string[]> => lines("gc", join(directory, "layout"), ...flags);

  it("keeps young blobs, and removes old unreferenced ones", async () => {
    await lines("rm", `${docs}@${digest}`);
    expect(await gc()).toEqual(["removed 0 blobs, 0 B"]);
    expect(await gc("--grace", "1h")).toEqual(["removed 0 blobs, 0 B"]);
    expect((await gc("--grace", "0", "--dry-run")).at(-1)).toMatch(/^would remove 3 blobs, /);
    expect(has(digest)).toBe(true);
    const removed = await gc("--grace", "0");
    expect(removed).toContain(digest);
    expect(removed.at(-1)).toMatch(/^removed 3 blobs, /);
    expect(has(digest)).toBe(false);
  });

  it("removes manifests without a tag with --untagged", async () => {
    await lines("rm", `${docs}:v1`);
    expect(await gc("--grace", "0")).toEqual(["removed 0 blobs, 0 B"]);
    expect((await gc("--grace", "0", "--untagged")).at(-1)).toMatch(/^removed 3 blobs, /);
  });

  it("prints one JSON document with --json", async () => {
    expect(await jsonLines("gc", join(directory, "layout"), "--grace", "0")).toEqual([
      { dryRun: false, removed: [], bytes: 0, uploads: 0, refused: [] },
    ]);
  });

  it("collects each layout in a directory of layouts, reports a damaged one and exits with 1", async () => {
    const tree = fixture("ref-per-repo");
    expect((await ocilayout("gc", tree, "--per-repo")).code).toBe(0);
    writeFileSync(join(tree, "z/index.json"), "nonsense");
    const { code, stderr } = await ocilayout("gc", tree, "--per-repo");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ocilayout: LAYOUT_INVALID: z: /);
  });

  it.skipIf(process.platform === "win32")(
    "keeps all blobs of a layout whose blobs is a link, unless the other layouts are named",
    async () => {
      const layouts = ["one", "two"].map((name) => join(directory, name));
      for (const [i, layout] of layouts.entries()) {
        await lines("push", `${layout}/default:v${i}`, join(directory, "hello.txt"));
        if (i === 0) renameSync(join(layout, "blobs"), join(directory, "store"));
        else rmSync(join(layout, "blobs"), { recursive: true });
        symlinkSync("../store", join(layout, "blobs"));
        await lines("rm", `${layout}:v${i}`);
      }
      const [one = "", two = ""] = layouts;
      const kept = await ocilayout("gc", one, "--grace", "0", "--untagged");
      expect(kept).toMatchObject({ code: 0, stdout: "removed 0 blobs, 0 B\n" });
      expect(kept.stderr).toMatch(/cannot remove 3 blobs: blobs is a link.*--shared-with/);
      // The other layout still has it, without a tag.
      expect(await lines("gc", one, "--grace", "0", "--shared-with", two)).toEqual(["removed 0 blobs, 0 B"]);
      expect((await lines("gc", two, "--grace", "0", "--untagged", "--shared-with", one)).at(-1)).toMatch(
        /^removed 3 blobs, /,
      );
    },
  );

  it.each(["10", "1w", "-1h", "", "1.5h", "h"])("exits with 2 for a grace period of %j", async (grace) => {
    expect((await ocilayout("gc", join(directory, "layout"), `--grace=${grace}`)).code).toBe(2);
  });
});

describe("verify", () => {
  it("reports that a good layout is good", async () => {
    expect(await lines("verify", join(directory, "layout"))).toEqual(["0 errors, 0 warnings"]);
    expect(await lines("verify", join(directory, "layout"), "--json")).toEqual([]);
  });

  it("reports damage and exits with 1", async () => {
    const blob = sha256("hello\n");
    writeFileSync(join(directory, "layout/blobs", blob.replace(":", "/")), "jello\n");
    const { code, stdout, stderr } = await ocilayout("verify", join(directory, "layout"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ocilayout: to replace damaged .* copy --repair FROM TO, /);
    expect(stdout).toMatch(/^error {2}corrupt-blob {2}.*\n1 error, 0 warnings\n$/);
    const json = await ocilayout("verify", join(directory, "layout"), "--json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ severity: "error", kind: "corrupt-blob", digest: blob });
    expect((await ocilayout("verify", join(directory, "layout"), "--quick")).code).toBe(0);
  });

  it("exits with 0 if there are only warnings", async () => {
    writeFileSync(join(directory, "layout/stray"), "");
    const { code, stdout } = await ocilayout("verify", join(directory, "layout"));
    expect(code).toBe(0);
    expect(stdout).toMatch(/0 errors, 1 warning\n$/);
  });

  it.each(["oci-layout", "index.json", "blobs"])(
    "exits with 1 for a layout without %s, and names the problem",
    async (name) => {
      const layout = fixture("skopeo-1.22.0-tag");
      rmSync(join(layout, name), { recursive: true });
      const { code, stdout } = await ocilayout("verify", layout);
      expect(code).toBe(1);
      expect(stdout).toContain("damaged-layout");
    },
  );

  it.skipIf(process.platform === "win32")(
    "exits with 1 for a layout whose oci-layout is a link, and does not report it as missing",
    async () => {
      const layout = fixture("skopeo-1.22.0-tag");
      rmSync(join(layout, "oci-layout"));
      symlinkSync("nowhere", join(layout, "oci-layout"));
      const { code, stdout } = await ocilayout("verify", layout);
      expect(code).toBe(1);
      expect(stdout).toContain("oci-layout is not a regular file");
    },
  );

  it("verifies each layout with --per-repo", async () => {
    const tree = fixture("ref-per-repo");
    writeFileSync(join(tree, "z/index.json"), "nonsense");
    const { code, stdout } = await ocilayout("verify", tree, "--per-repo", "--json");
    expect(code).toBe(1);
    const findings = stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { kind: string; repository: string });
    expect(findings).toContainEqual(expect.objectContaining({ kind: "damaged-layout", repository: "z" }));
  });
});
