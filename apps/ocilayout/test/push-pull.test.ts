import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { everything, fixture, jsonLines, lines, ocilayout, sha256 } from "./command.ts";

let directory: string;
let at: (path: string) => string;
beforeEach(() => {
  directory = temporaryDirectory();
  at = (path) => join(directory, path);
  mkdirSync(at("guide/deep"), { recursive: true });
  writeFileSync(at("hello.txt"), "hello\n");
  writeFileSync(at("guide/start.md"), "# Start\n");
  writeFileSync(at("guide/deep/ends"), "");
});

describe("push", () => {
  it("makes one layer per file, with its name or its path in the directory as title", async () => {
    await lines("push", at("layout/docs:v1"), at("hello.txt"), at("guide"));
    const manifest = JSON.parse((await ocilayout("cat", at("layout/docs:v1"))).stdout) as {
      layers: unknown[];
    };
    expect(manifest).toMatchObject({
      artifactType: "application/vnd.unknown.artifact.v1",
      config: { mediaType: "application/vnd.oci.empty.v1+json" },
    });
    expect(manifest.layers).toEqual(
      [
        ["deep/ends", ""],
        ["hello.txt", "hello\n"],
        ["start.md", "# Start\n"],
      ].map(([title, content = ""]) => ({
        mediaType: "application/octet-stream",
        digest: sha256(content),
        size: content.length,
        annotations: { "org.opencontainers.image.title": title },
      })),
    );
  });

  it("creates the same digest for the same input, wherever, whenever and in whatever order it is pushed", async () => {
    const flags = ["--annotation", "b=2", "--annotation", "a=1"];
    const [first] = (await jsonLines("push", at("one/docs:v1"), at("hello.txt"), at("guide"), ...flags)) as [
      { digest: string },
    ];
    utimesSync(at("hello.txt"), 1, 1);
    const [second] = await jsonLines(
      "push",
      at("two/other:v2"),
      at("guide"),
      at("hello.txt"),
      "--annotation",
      "a=1",
      "--annotation",
      "b=2",
    );
    expect(second).toMatchObject({ digest: first.digest });
    expect(first.digest).toBe("sha256:8b750b1010e18f14f327e88e34830f5537cadd3f4024482e9f2c19241fe2198b");
  });

  it("writes the type, the annotations and the type of the files", async () => {
    const flags = [
      "--artifact-type",
      "application/vnd.example",
      "--annotation",
      "a.b=c=d",
      "--media-type",
      "text/plain",
    ];
    await lines("push", at("layout/docs:v1"), at("hello.txt"), ...flags);
    expect(JSON.parse((await ocilayout("cat", at("layout/docs:v1"))).stdout)).toMatchObject({
      artifactType: "application/vnd.example",
      annotations: { "a.b": "c=d" },
      layers: [{ mediaType: "text/plain" }],
    });
  });

  it("prints one JSON document with --json", async () => {
    expect(await jsonLines("push", at("layout/docs:v1"), at("hello.txt"))).toEqual([
      {
        directory: at("layout"),
        repository: "docs",
        tag: "v1",
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest: expect.stringMatching(/^sha256:/) as string,
        size: expect.any(Number) as number,
        layers: [expect.objectContaining({ digest: sha256("hello\n"), size: 6 })],
      },
    ]);
  });

  it("writes bare tags, as other tools do", async () => {
    await lines("push", at("layout/default:v1"), at("hello.txt"));
    await lines("push", `${at("layout")}:v2`, at("hello.txt"));
    const index = JSON.parse(readFileSync(at("layout/index.json"), "utf8")) as {
      manifests: { annotations: Record<string, string> }[];
    };
    expect(
      index.manifests.map(({ annotations }) => annotations["org.opencontainers.image.ref.name"]),
    ).toEqual(["v1", "v2"]);
  });

  it("reads a double slash as the end of a new layout's directory", async () => {
    await lines("push", `${at("layout")}//team/docs:v1`, at("hello.txt"));
    expect(readdirSync(at("layout"))).toContain("oci-layout");
    expect(await lines("ls", at("layout"))).toEqual(["team/docs  1 tag"]);
  });

  it("writes into a layout of the repository's own with --per-repo", async () => {
    await lines("push", `${at("trees")}//team/docs:v1`, at("hello.txt"), "--per-repo");
    await lines("push", at("trees/other:v1"), at("hello.txt"), "--per-repo");
    expect(readdirSync(at("trees/team/docs"))).toContain("oci-layout");
    expect(await lines("ls", at("trees"), "--per-repo")).toEqual(["other  1 tag", "team/docs  1 tag"]);
  });

  it("replaces neither an image nor an artifact of another type at its tag without --force", async () => {
    const at1 = `${at("layout")}//app:v1`;
    await lines("init", at1, "--platform", "linux/amd64");
    const [image] = await lines("digest", at1);
    const hint = "to replace it, use --force\n";
    for (const [flags, message] of [
      [[], `app:v1 is an image: to attach the files to it, use --subject v1; ${hint}`],
      [["--subject", "v1"], `app:v1 is an image: to attach the files to it, leave out :v1; ${hint}`],
    ] as const)
      expect(await ocilayout("push", at1, at("hello.txt"), ...flags)).toMatchObject({
        code: 1,
        stderr: `ocilayout: DENIED: ${message}`,
      });
    expect(await lines("digest", at1)).toEqual([image]);
    const typed = ["--artifact-type", "text/x-notes"];
    await lines("push", at1, at("hello.txt"), ...typed, "--force");
    await lines("push", at1, at("guide"), ...typed);
    expect((await ocilayout("push", at1, at("guide"))).stderr).toContain(
      'app:v1 is an artifact of the type "text/x-notes": ',
    );
  });

  it("exits with 1 and creates no layout in a directory with other files", async () => {
    const before = everything(directory);
    const { code, stderr } = await ocilayout("push", at("guide:v1"), at("hello.txt"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ocilayout: NAME_UNKNOWN: cannot create a layout at .*is not empty/);
    expect(everything(directory)).toEqual(before);
  });

  it.each([
    ["no tag", "layout/docs", [], 2],
    ["a digest", `layout/docs@sha256:${"0".repeat(64)}`, [], 2],
    ["an invalid artifact type", "layout/docs:v1", ["--artifact-type", "nonsense"], 2],
    ["an invalid media type of files", "layout/docs:v1", ["--media-type", "nonsense"], 2],
    ["an annotation without a value", "layout/docs:v1", ["--annotation", "key"], 2],
    ["an annotation twice", "layout/docs:v1", ["--annotation", "k=1", "--annotation", "k=2"], 2],
  ])("with %s exits with %4$i and creates no layout", async (_what, path, flags, code) => {
    expect((await ocilayout("push", at(path), at("hello.txt"), ...flags)).code).toBe(code);
    expect(readdirSync(directory).sort()).toEqual(["guide", "hello.txt"]);
  });

  it.each(["nowhere", "guide/empty"])("of %s exits with 1 and creates no layout", async (name) => {
    mkdirSync(at("guide/empty"));
    expect((await ocilayout("push", at("layout/docs:v1"), at(name))).code).toBe(1);
    expect(readdirSync(directory)).not.toContain("layout");
  });

  it("exits with 1 for files with one title, links, and names that cannot be written back", async () => {
    mkdirSync(at("again"));
    writeFileSync(at("again/hello.txt"), "other");
    expect(await ocilayout("push", at("l/docs:v1"), at("hello.txt"), at("again"))).toMatchObject({
      code: 1,
      stderr: 'ocilayout: NAME_INVALID: title "hello.txt" is not unique: two files have it\n',
    });
    mkdirSync(at("links"));
    symlinkSync(at("hello.txt"), at("links/link"));
    expect((await ocilayout("push", at("l/docs:v1"), at("links"))).stderr).toMatch(
      /^ocilayout: UNSUPPORTED: /,
    );
    if (process.platform !== "win32") {
      writeFileSync(at("back\\slash"), "");
      expect((await ocilayout("push", at("l/docs:v1"), at("back\\slash"))).stderr).toMatch(
        /^ocilayout: NAME_INVALID: /,
      );
    }
    expect(readdirSync(directory)).not.toContain("l");
  });
});

describe("pull", () => {
  it("writes the files back, byte for byte", async () => {
    await lines("push", at("layout/docs:v1"), at("guide"));
    expect(await lines("pull", at("layout/docs:v1"), "--output", at("new/out"))).toEqual([
      "deep/ends  0 B",
      "start.md  8 B",
    ]);
    expect(everything(at("new/out"))).toEqual(everything(at("guide")));
  });

  it("prints one JSON document with --json", async () => {
    const [pushed] = (await jsonLines("push", at("layout/docs:v1"), at("hello.txt"))) as [{ digest: string }];
    expect(await jsonLines("pull", at("layout/docs:v1"), "--output", at("out"))).toEqual([
      {
        repository: "docs",
        digest: pushed.digest,
        output: at("out"),
        files: [{ path: "hello.txt", digest: sha256("hello\n"), size: 6 }],
        skipped: 0,
      },
    ]);
  });

  it("overwrites nothing without --force", async () => {
    await lines("push", at("layout/docs:v1"), at("hello.txt"), at("guide"));
    mkdirSync(at("out"));
    writeFileSync(at("out/start.md"), "mine");
    const before = everything(at("out"));
    expect(await ocilayout("pull", at("layout/docs:v1"), "--output", at("out"))).toMatchObject({
      code: 1,
      stderr: 'ocilayout: DENIED: cannot write "start.md": it exists; --force replaces it\n',
    });
    expect(everything(at("out"))).toEqual(before);
    await lines("pull", at("layout/docs:v1"), "--output", at("out"), "--force");
    expect(readFileSync(at("out/start.md"), "utf8")).toBe("# Start\n");
  });

  it("never replaces a directory, even with --force", async () => {
    await lines("push", at("layout/docs:v1"), at("hello.txt"));
    mkdirSync(at("out/hello.txt"), { recursive: true });
    expect((await ocilayout("pull", at("layout/docs:v1"), "--output", at("out"), "--force")).code).toBe(1);
    expect(statSync(at("out/hello.txt")).isDirectory()).toBe(true);
  });

  it("writes nothing and exits with 1 if content is damaged", async () => {
    await lines("push", at("layout/docs:v1"), at("hello.txt"), at("guide"));
    writeFileSync(at(`layout/blobs/${sha256("# Start\n").replace(":", "/")}`), "# Stort\n");
    const { code, stderr } = await ocilayout("pull", at("layout/docs:v1"), "--output", at("out"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ocilayout: CONTENT_CORRUPT: /);
    expect(readdirSync(directory)).not.toContain("out");
  });

  it.each([
    [
      "an index",
      "skopeo-1.22.0-all",
      ":multi",
      "default:multi is an index of images, not an artifact: extract",
    ],
    [
      "an image",
      "skopeo-1.22.0-tag",
      ":1.0",
      "default:1.0 is an image, not an artifact: extract writes its files, copy copies it",
    ],
  ])("of %s exits with 1", async (_what, name, tag, message) => {
    expect(await ocilayout("pull", `${fixture(name)}${tag}`, "--output", at("out"))).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining(`ocilayout: UNSUPPORTED: ${message}`) as string,
    });
    expect(readdirSync(directory)).not.toContain("out");
  });

  it("reads what oras pushed", async () => {
    const tags = (await jsonLines("tags", fixture("oras-1.3.3-push"))) as { tag: string }[];
    expect(tags.length).toBeGreaterThan(0);
    const layout = fixture("oras-1.3.3-push");
    const files = await lines("pull", `${layout}:${tags[0]?.tag ?? ""}`, "--output", at("out"));
    expect(files.length).toBeGreaterThan(0);
  });
});
