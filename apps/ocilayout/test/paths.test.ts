import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { everything, fixture, lines, ocilayout } from "./command.ts";

const digest = `sha256:${"0".repeat(64)}`;

/** Every command except push, with its arguments other than the path. */
const commands: readonly (readonly [name: string, rest: string, ...more: string[]])[] = [
  ["ls", ""],
  ["tags", ""],
  ["show", ""],
  ["show", ":v1"],
  ["cat", ":v1"],
  ["cat", `@${digest}`, "--blob"],
  ["pull", ":v1"],
  ["tag", ":v1", "v2"],
  ["rm", ":v1"],
  ["rm", `@${digest}`],
  ["gc", ""],
  ["verify", ""],
  ["serve", "", "--port", "0"],
];

describe.each(commands)("%s %s", (name, rest, ...more) => {
  it.each(["nowhere", "nowhere/at/all", "file", "file/below", "empty", "among", ".."])(
    "exits with 1 for %s, and creates nothing",
    async (path) => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, "file"), "");
      mkdirSync(join(directory, "empty"));
      mkdirSync(join(directory, "among/somebody"), { recursive: true });
      const before = everything(directory);
      const { code, stdout, stderr } = await ocilayout(name, `${directory}/${path}${rest}`, ...more);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^ocilayout: [A-Z_]+: .*\n$/);
      expect(stderr).not.toMatch(/^ {4}at /m);
      expect(everything(directory)).toEqual(before);
    },
  );
});

describe("a nonsensical path", () => {
  it.each(["", "Not A Name!", "a\0b", "::::", "@@@", "x".repeat(5000), "\u001b[31m", "a/../b:c:d@e"])(
    "makes the command exit with 1: %j",
    async (path) => {
      for (const flags of [[], ["--per-repo"]]) {
        for (const name of ["ls", "show", "verify"]) {
          const { code, stdout, stderr } = await ocilayout(name, path, ...flags);
          expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
          expect(stderr).toMatch(/^ocilayout: [A-Z_]+: .*\n$/);
          expect(stderr.slice(0, -1)).not.toMatch(/\p{Cc}/u);
        }
      }
    },
  );
});

describe("a damaged layout", () => {
  it.each([
    "x-index-array",
    "x-index-truncated",
    "x-layout-version-1.1.0",
    "x-no-oci-layout",
    "x-no-index-json",
  ])("makes the command exit with 1 and print its code: %s", async (name) => {
    const layout = fixture(name);
    const before = everything(layout);
    for (const command of ["ls", "tags", "show", "gc"]) {
      const { code, stderr } = await ocilayout(command, layout);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^ocilayout: LAYOUT_INVALID: .*\n$/);
    }
    expect(everything(layout)).toEqual(before);
  });

  it("hides no other layout in a directory of layouts", async () => {
    const tree = fixture("ref-per-repo");
    writeFileSync(join(tree, "z/index.json"), "nonsense");
    expect((await lines("ls", tree, "--per-repo")).at(-1)).toBe("z  damaged");
  });
});

describe("a reference to a part of a layout", () => {
  it.each(["ls", "gc", "verify", "serve"])(
    "makes %s, which takes a whole layout, exit with 2",
    async (name) => {
      expect(await ocilayout(name, join(fixture("ref-shared"), "library/app"))).toMatchObject({
        code: 2,
        stdout: "",
      });
      expect(await ocilayout(name, `${fixture("skopeo-1.22.0-tag")}:1.0`)).toMatchObject({
        code: 2,
        stdout: "",
      });
    },
  );
});
