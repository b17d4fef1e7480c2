import { describe, expect, it } from "vitest";

import { verbs } from "../src/cli/verbs.ts";
import { run } from "../src/cli/run.ts";
import { ocilayout, Sink } from "./command.ts";

const names = verbs.map(({ name }) => name);

describe("help", () => {
  it("lists every command", async () => {
    const { code, stdout, stderr } = await ocilayout("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}  `, "m"));
  });

  it("fits a terminal of 80 columns", async () => {
    for (const words of [["--help"], ...names.map((name) => [name, "--help"])]) {
      const stdout = new Sink(true, 80);
      expect(await run(words, { stdout, stderr: new Sink() })).toBe(0);
      const long = stdout.bytes
        .toString()
        .split("\n")
        .filter((line) => line.length > 80);
      // An example is one line, so that it can be copied.
      expect(long.filter((line) => !/^ {2}(?:ocilayout|docker|echo|source) /.test(line))).toEqual([]);
    }
  });

  it.each(names)("of %s describes the command, its options and examples", async (name) => {
    const { code, stdout, stderr } = await ocilayout(name, "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^ocilayout ${name} [<[]\\w+`));
    expect(stdout).toContain("--json");
    const examples = stdout.slice(stdout.indexOf("Examples:\n"));
    expect(examples).toMatch(new RegExp(`^Examples:\n(?:.*\n)*?  .*ocilayout ${name}\\b`));
  });

  it("is complemented by --version, which prints the version", async () => {
    expect(await ocilayout("--version")).toMatchObject({ code: 0, stdout: "0.0.0\n" });
  });
});

describe("the shape of help", () => {
  it("is that of help VERB, short, and names the help about places", async () => {
    const { stdout } = await ocilayout("pull", "--help");
    expect(await ocilayout("help", "pull")).toMatchObject({ code: 0, stdout });
    expect(stdout).not.toContain("--ca-file");
    expect(stdout).toMatch(/\nOptions of places \(registries, TLS, token\): ocilayout help places\n$/);
  });

  it("of places describes their forms and options", async () => {
    const { code, stdout } = await ocilayout("help", "places");
    expect(code).toBe(0);
    for (const text of ["docker://", "images.tar", "--ca-file", "--per-repo", "--anonymous"])
      expect(stdout).toContain(text);
  });

  it("is printed without arguments, which exit with 2", async () => {
    const { stdout } = await ocilayout("--help");
    expect(await ocilayout()).toEqual({
      code: 2,
      stdout: "",
      bytes: Buffer.alloc(0),
      stderr: `${stdout.trimEnd()}\n`,
    });
  });
});

describe("an invalid command line", () => {
  it("suggests a verb for a misspelt one, and for one of another program", async () => {
    for (const [word, hint] of [
      ["verfy", "verify"],
      ["delete", "rm"],
      ["attach", "push --subject"],
    ] as const)
      expect((await ocilayout(word)).stderr).toContain(`unknown verb "${word}": did you mean ${hint}?\n`);
  });

  it.each([
    ["an unknown command", ["frobnicate"]],
    ["no path", ["tags"]],
    ["too many paths", ["ls", "a", "b"]],
    ["an unknown option", ["ls", "--frobnicate"]],
    ["an option twice", ["gc", "x", "--grace", "1h", "--grace", "2h"]],
    ["an option without its value", ["pull", "x:v1", "--output"]],
    ["an invalid port", ["serve", "x", "--port", "http"]],
    ["a port too high", ["serve", "x", "--port", "65536"]],
    ["an invalid repository", ["ls", "--default-repository", "No"]],
    ["a default repository of a directory of layouts", ["ls", "--per-repo", "--default-repository", "app"]],
    ["no files", ["push", "x:v1"]],
    ["no new tag", ["tag", "x:v1"]],
  ])("exits with 2 and one line that names the problem: %s", async (_what, args) => {
    const { code, stdout, stderr } = await ocilayout(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^ocilayout: .+\nTry ocilayout (?:\w+ )?--help\.\n$/);
  });
});
