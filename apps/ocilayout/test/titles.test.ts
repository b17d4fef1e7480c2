import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { annotationKeys, computeDigest } from "@ocilayout/oci-types";
import { artifact, pushContent } from "@ocilayout/layout-testkit/content";
import fc from "fast-check";
import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { parseTitle } from "../src/artifact/title.ts";
import { everything, ocilayout } from "./command.ts";

/** Creates a layout with an artifact of files with these titles, each with its title as content. */
async function layoutWith(directory: string, titles: readonly string[]): Promise<string> {
  const layout = join(directory, "layout");
  const registry = await openLayout(layout, { defaultRepository: "default", durability: "none" });
  const layers = titles.map(async (title) => {
    const content = new TextEncoder().encode(`content of ${title}`);
    const mediaType = "application/octet-stream";
    return {
      descriptor: {
        mediaType,
        ...(await computeDigest(content)),
        annotations: { [annotationKeys.title]: title },
      },
      content,
    };
  });
  await pushContent(registry, "default", artifact({ layers }), { tags: ["v1"] });
  await registry.close();
  return `${layout}:v1`;
}

describe("pull of files with titles", () => {
  it.each([
    "..",
    ".",
    "",
    "../evil",
    "a/../../evil",
    "a/./b",
    "a//b",
    "a/",
    "/etc/evil",
    "//server/evil",
    "..\\evil",
    "a\\b",
    "\\\\server\\evil",
    "C:evil",
    "c:/evil",
    "C:\\evil",
    "evil\0.txt",
    "evil\n",
    "\u001b[31m",
  ])("rejects %j before anything is written", async (title) => {
    const directory = temporaryDirectory();
    const path = await layoutWith(directory, ["good", title]);
    const before = everything(directory);
    for (const flags of [[], ["--force"]]) {
      const { code, stdout, stderr } = await ocilayout(
        "pull",
        path,
        "--output",
        join(directory, "out"),
        ...flags,
      );
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^ocilayout: NAME_INVALID: title .*\n$/);
      expect(stderr.slice(0, -1)).not.toMatch(/\p{Cc}/u);
    }
    expect(everything(directory)).toEqual(before);
  });

  it("names the reason when it rejects a title", () => {
    const reasons = {
      "/a": "absolute",
      "": "empty",
      "a//b": "empty",
      "a/..": "component",
      "C:a": "drive",
      "a\\b": "backslash",
      "\n": "control",
    };
    for (const [title, reason] of Object.entries(reasons)) expect(() => parseTitle(title)).toThrow(reason);
  });

  it.each(["con", "nul.txt", "ab:stream", "dot.", "space ", "what?"])("rejects %j on Windows", (title) => {
    expect(() => parseTitle(title, "win32")).toThrow(/Windows/);
    expect(parseTitle(title, "linux")).toEqual([title]);
  });

  it("keeps any accepted title within the directory", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", ".", "/", "\\", ":", "C", "~", " ", "\0", "..", "é"),
    });
    fc.assert(
      fc.property(text, (title) => {
        let components: string[];
        try {
          components = parseTitle(title);
        } catch {
          return;
        }
        expect(join("/out", ...components)).toBe(`/out/${title}`);
      }),
    );
  });

  it.each([
    ["a directory that is a link", "link/evil", []],
    ["a directory that is a link, deeper", "real/link/evil", []],
    ["a directory that is a link, with --force", "link/evil", ["--force"]],
  ])("rejects a path through %s before anything is written", async (_what, title, flags) => {
    const directory = temporaryDirectory();
    const path = await layoutWith(directory, ["a-good", title]);
    const outside = join(directory, "outside");
    mkdirSync(outside);
    mkdirSync(join(directory, "out/real"), { recursive: true });
    symlinkSync(outside, join(directory, "out/link"));
    symlinkSync(outside, join(directory, "out/real/link"));
    const before = everything(directory);
    const { code, stderr } = await ocilayout("pull", path, "--output", join(directory, "out"), ...flags);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ocilayout: NAME_INVALID: .*link/);
    expect(everything(directory)).toEqual(before);
  });

  it("replaces a link itself, not its target", async () => {
    const directory = temporaryDirectory();
    const path = await layoutWith(directory, ["file"]);
    writeFileSync(join(directory, "outside"), "mine");
    mkdirSync(join(directory, "out"));
    symlinkSync(join(directory, "outside"), join(directory, "out/file"));
    expect((await ocilayout("pull", path, "--output", join(directory, "out"))).code).toBe(1);
    expect((await ocilayout("pull", path, "--output", join(directory, "out"), "--force")).code).toBe(0);
    expect(readFileSync(join(directory, "outside"), "utf8")).toBe("mine");
    expect(readFileSync(join(directory, "out/file"), "utf8")).toBe("content of file");
  });

  it.each([[["same", "same"]], [["a", "a/b"]], [["a/b/c", "a/b"]]])(
    "rejects the titles %j, which cannot all be files",
    async (titles) => {
      const directory = temporaryDirectory();
      const path = await layoutWith(directory, titles);
      const { code, stderr } = await ocilayout("pull", path, "--output", join(directory, "out"));
      expect(code).toBe(1);
      expect(stderr).toMatch(/^ocilayout: NAME_INVALID: /);
      expect(readdirSync(directory)).toEqual(["layout"]);
    },
  );
});
