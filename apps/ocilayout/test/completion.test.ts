import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { fixture, lines, ocilayout } from "./command.ts";

const offers = async (...words: string[]): Promise<string[]> => lines("__complete", ...words);

describe("completion", () => {
  it.each(["bash", "zsh", "fish"])("prints a script for %s that asks for candidates", async (shell) => {
    const { code, stdout } = await ocilayout("completion", shell);
    expect(code).toBe(0);
    expect(stdout).toContain("ocilayout __complete");
  });

  it.each([
    [["csh"], undefined, 'it is "csh"'],
    [[], "", "SHELL is empty"],
    [[], "/bin/sh", 'SHELL is "/bin/sh"'],
  ])("exits with 2 and names the shells: %j, SHELL %j", async (words, shell, reason) => {
    const before = process.env["SHELL"];
    try {
      if (shell !== undefined) process.env["SHELL"] = shell;
      expect(await ocilayout("completion", ...words)).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining(
          `completion needs the name of the shell, because ${reason}: ocilayout completion bash|zsh|fish\n`,
        ) as string,
      });
    } finally {
      if (before === undefined) Reflect.deleteProperty(process.env, "SHELL");
      else process.env["SHELL"] = before;
    }
  });

  it("offers verbs, and the options of a verb", async () => {
    expect(await offers("")).toEqual(expect.arrayContaining(["ls", "copy", "gc"]));
    expect(await offers("ta")).toEqual(["tags", "tag"]);
    expect(await offers("help", "pl")).toEqual(["places"]);
    expect(await offers("config", "--e")).toEqual(["--entrypoint", "--env"]);
    expect(await offers("gc", "--")).toEqual(
      expect.arrayContaining(["--grace", "--dry-run", "--untagged", "--json"]),
    );
  });

  it("offers the repositories and tags of a layout", async () => {
    const layout = fixture("ref-shared");
    expect(await offers("tags", `${layout}/`)).toContain(`${layout}/library/app`);
    expect(await offers("show", `${layout}/library/app:`)).toContain(`${layout}/library/app:1.0`);
    expect(await offers("show", `${layout}/library/app:1.0`, "--json", "x")).toEqual([]);
  });

  it("offers the bare tags of a layout", async () => {
    const layout = fixture("skopeo-1.22.0-tag");
    expect(await offers("cat", `${layout}:`)).toEqual([`${layout}:1.0`]);
  });

  it("offers nothing for the value of an option, for other paths, and for registries", async () => {
    const layout = fixture("skopeo-1.22.0-tag");
    expect(await offers("pull", `${layout}:1.0`, "--output", `${layout}:`)).toEqual([]);
    expect(await offers("ls", join(layout, "absent"))).toEqual([]);
    expect(await offers("ls", "docker://registry.invalid/")).toEqual([]);
    expect(await offers("frobnicate", "")).toEqual([]);
  });
});
