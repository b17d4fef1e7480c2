import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { everything, fixture, jsonLines, lines, ocilayout } from "./command.ts";

describe("ls", () => {
  it("lists repositories with their numbers of tags", async () => {
    expect(await lines("ls", fixture("ref-shared"))).toEqual([
      "legacy/docker  1 tag",
      "library/app  3 tags",
      "library/tool  1 tag",
      "team/multi  1 tag",
      "team/untagged  0 tags",
    ]);
  });

  it("prints one line of JSON per repository with --json", async () => {
    expect(await jsonLines("ls", fixture("ref-shared"))).toEqual([
      { repository: "legacy/docker", tags: 1, unreadableNames: 0 },
      { repository: "library/app", tags: 3, unreadableNames: 0 },
      { repository: "library/tool", tags: 1, unreadableNames: 0 },
      { repository: "team/multi", tags: 1, unreadableNames: 0 },
      { repository: "team/untagged", tags: 0, unreadableNames: 0 },
    ]);
  });

  it.each([
    ["skopeo-1.22.0-tag", 1],
    ["skopeo-1.22.0-no-tag", 0],
    ["umoci-0.6.0-two-tags", 3],
    ["buildah-1.43.2-commit", 1],
    ["crane-0.21.10-pull", 0],
  ])("lists bare tags and nameless entries of %s under default, without a flag", async (name, tags) => {
    expect(await jsonLines("ls", fixture(name))).toEqual([
      { repository: "default", tags, unreadableNames: 0 },
    ]);
  });

  it("lists bare tags under the repository of --default-repository", async () => {
    const layout = fixture("skopeo-1.22.0-tag");
    expect(await lines("ls", layout, "--default-repository", "team/app")).toEqual(["team/app  1 tag"]);
    expect(await lines("tags", join(layout, "team/app"), "--default-repository", "team/app")).toHaveLength(1);
  });

  it("lists every layout below a directory with --per-repo", async () => {
    expect(await jsonLines("ls", fixture("ref-per-repo"), "--per-repo")).toMatchObject([
      { repository: "a" },
      { repository: "a/b" },
      { repository: "a/b/c" },
      { repository: "z" },
    ]);
  });

  it("prints nothing for an empty layout", async () => {
    expect(await lines("ls", fixture("umoci-0.6.0-init-only"))).toEqual([]);
  });
});

describe("tags", () => {
  it("lists tags with their digests", async () => {
    const layout = fixture("umoci-0.6.0-two-tags");
    const found = await jsonLines("tags", layout);
    expect(found).toMatchObject([{ tag: "1.0" }, { tag: "base" }, { tag: "same" }]);
    expect(found[0]).toEqual({
      tag: "1.0",
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
      size: expect.any(Number) as number,
    });
    expect((await lines("tags", layout))[0]).toMatch(/^1\.0 {2}sha256:[0-9a-f]{64} {2}[0-9.]+ k?B$/);
  });

  it("lists one repository of a shared layout", async () => {
    const layout = fixture("ref-shared");
    expect(await jsonLines("tags", join(layout, "library/app"))).toMatchObject([
      { tag: "1.0" },
      { tag: "latest" },
      { tag: "signed" },
    ]);
  });

  it("lists one layout in a directory of layouts, however the path is split", async () => {
    const tree = fixture("ref-per-repo");
    const found = await jsonLines("tags", join(tree, "a/b"), "--per-repo");
    expect(found).toHaveLength(1);
    expect(await jsonLines("tags", `${tree}//a/b`, "--per-repo")).toEqual(found);
    expect(await jsonLines("tags", join(tree, "a/b/a/b"))).toEqual(found);
  });

  it("lists the only repository of a layout without bare tags", async () => {
    const layout = fixture("podman-5.8.6-save-oci-dir");
    expect(await lines("tags", layout)).toEqual(await lines("tags", `${layout}/docker.io/library/app`));
    const { code, stderr } = await ocilayout("cat", `${layout}:1.0`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no bare tag 1\.0 in .*, such as .*\/docker\.io\/library\/app:TAG\n$/);
  });

  it("exits with 1 for a missing repository", async () => {
    const { code, stdout, stderr } = await ocilayout("tags", join(fixture("ref-shared"), "nowhere"));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^ocilayout: NAME_UNKNOWN: .*\n$/);
  });

  it("exits with 2 for a tag", async () => {
    expect((await ocilayout("tags", `${fixture("skopeo-1.22.0-tag")}:1.0`)).code).toBe(2);
  });
});

it("reading commands create and change nothing", async () => {
  const layout = fixture("ref-shared");
  const before = everything(layout);
  for (const command of ["ls", "show", "verify"]) await ocilayout(command, layout);
  for (const command of ["tags", "show"]) await ocilayout(command, join(layout, "library/app"));
  await ocilayout("cat", join(layout, "library/app:1.0"));
  await ocilayout("gc", layout, "--dry-run", "--grace", "0", "--untagged");
  await ocilayout("ls", join(layout, ".."), "--per-repo");
  expect(everything(layout)).toEqual(before);
});

describe("a manifest whose name cannot be read", () => {
  const name = "127.0.0.1:5000/team/app:v1";

  async function prepare(refName = name): Promise<{ layout: string; digest: string }> {
    const directory = temporaryDirectory();
    const layout = join(directory, "images");
    writeFileSync(join(directory, "hello.txt"), "hello\n");
    await ocilayout("push", `${layout}/default:v1`, join(directory, "hello.txt"));
    const path = join(layout, "index.json");
    const index = JSON.parse(readFileSync(path, "utf8")) as {
      manifests: { digest: string; annotations: Record<string, string> }[];
    };
    for (const { annotations } of index.manifests) annotations["org.opencontainers.image.ref.name"] = refName;
    writeFileSync(path, JSON.stringify(index));
    return { layout, digest: index.manifests[0]?.digest ?? "" };
  }

  it("is counted by ls and tags, shown with its name, and readable by digest", async () => {
    const { layout, digest } = await prepare();
    expect(await lines("ls", layout)).toEqual(["default  0 tags, 1 manifest whose name cannot be read"]);
    expect(await jsonLines("ls", layout)).toEqual([{ repository: "default", tags: 0, unreadableNames: 1 }]);
    expect(await ocilayout("tags", layout)).toMatchObject({
      code: 0,
      stdout: "",
      stderr: expect.stringContaining("1 manifest whose name cannot be read; see ocilayout show") as string,
    });
    expect((await lines("show", layout))[0]).toMatch(
      new RegExp(`^default@sha256:[0-9a-f]{12}  image .*  named "${name}"$`),
    );
    expect(await jsonLines("show", layout)).toMatchObject([{ tags: [], unreadableNames: [name] }]);
    expect((await ocilayout("cat", `${layout}@${digest}`)).code).toBe(0);
  });

  it.each(["verify", "show"])("is escaped in the JSON of %s", async (verb) => {
    const hostile = "\u202e\u009b31m\u200b a";
    const { layout } = await prepare(hostile);
    const { stdout } = await ocilayout(verb, layout, "--json");
    expect(stdout.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(
      stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.stringify(JSON.parse(line)))
        .join(),
    ).toContain(hostile);
  });

  it("is truncated to fit a line if it is long", async () => {
    const { layout } = await prepare(`${"A".repeat(100_000)} `);
    for (const verb of ["show", "verify"])
      for (const line of await lines(verb, layout)) expect(line.length).toBeLessThan(500);
  });
});
