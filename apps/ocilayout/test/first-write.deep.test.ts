import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { buildCommand, ended, startWith } from "./built-command.ts";
import { lines, ocilayout } from "./command.ts";

buildCommand();

const preload = join(import.meta.dirname, "keep-each-step.mjs");

/** The paths of a first push. */
const kinds: readonly (readonly [kind: string, flags: readonly string[], path: string])[] = [
  ["a layout", [], "app:v1"],
  ["a directory of layouts", ["--per-repo"], "/team/app:v1"],
];

describe.each(kinds)("a first write into %s that is killed", (_kind, flags, path) => {
  it("leaves at every step what the next command opens, cleans up and completes", async () => {
    const directory = temporaryDirectory();
    const [images, copies, file] = ["images", "copies", "file"].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(copies);
    writeFileSync(file, "content");
    const env = { SOURCE: images, COPIES: copies };
    expect(
      await ended(
        startWith({ nodeOptions: ["--import", preload], env }, "push", ...flags, `${images}/${path}`, file),
      ),
    ).toMatchObject({ code: 0 });

    const killed = readdirSync(copies).map((name) => join(copies, name));
    expect(killed.length).toBeGreaterThan(20);
    let unfinished = 0;
    for (const copy of killed) {
      const left = readdirSync(copy, { recursive: true }) as string[];
      const context = `in the directory: ${left.join(" ")}`;
      // An empty directory is not a layout.
      if (left.length > 0) {
        expect(await ocilayout("ls", ...flags, copy), context).toMatchObject({ code: 0, stderr: "" });
        expect(await ocilayout("gc", ...flags, copy, "--grace", "0"), context).toMatchObject({
          code: 0,
          stderr: "",
        });
        if (!left.some((name) => name.endsWith("oci-layout"))) unfinished += 1;
      }
      await lines("push", ...flags, `${copy}/${path}`, file);
      expect(await lines("ls", ...flags, copy), context).toHaveLength(1);
    }
    expect(unfinished).toBeGreaterThan(5);
  }, 60_000);
});
