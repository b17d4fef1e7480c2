import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { allCases } from "../src/index.ts";
import type { Project } from "./installed-kit.ts";
import { createProject } from "./installed-kit.ts";
import { parseXml } from "./parse-xml.ts";

let project: Project;

beforeAll(async () => {
  project = await createProject();
}, 60_000);

afterAll(() => project[Symbol.asyncDispose]());

/** JavaScript that defines `create`, for targets with more exports. */
const create =
  'import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory"; const create = () => ({ registry: createMemoryRegistry() });';

function read(name: string): Promise<string> {
  return readFile(join(project.directory, name), "utf8");
}

describe("the command's information", () => {
  it.each(["--help", "-h"])("contains every option and examples with %s", async (option) => {
    const { code, stdout, stderr } = await project.command(option);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const word of [
      "TARGET",
      "--only",
      "-t",
      "--seed",
      "--runs",
      "--timeout",
      "--shuffle",
      "--junit",
      "--json",
      "--list",
      "--version",
      "Examples",
    ]) {
      expect(stdout).toContain(word);
    }
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("contains the package's version with --version", async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, "../package.json"), "utf8")) as {
      version: string;
    };
    expect(await project.command("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("contains every case with its level, title and citation with --list", async () => {
    const { code, stdout } = await project.command("--list");
    expect(code).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(allCases.length);
    expect(stdout).toMatch(
      /^BLOB-01 +MUST +getBlob returns a pushed blob byte for byte +\(clause 6, always; distribution-spec end-4b\)$/m,
    );
  });

  it("contains fewer cases with --list and --only, and those that apply to a target if one is given", async () => {
    expect((await project.command("--list", "--only", "RANGE-01")).stdout).toMatch(/^RANGE-01 .*\n$/);
    const { stdout } = await project.command("--list", "memory.mjs");
    expect(stdout).toContain("BLOB-01");
    expect(stdout).not.toContain("OPEN-01");
  });
});

describe("exit code 0", () => {
  it("follows if no case fails, and only a summary is printed", async () => {
    const { code, stdout, stderr } = await project.command("memory.mjs", "--only", "BLOB-01", "-t", "TAG-01");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(
      "2 cases on memory.mjs, which does not promise persistent\n2 passed, 0 failed, 0 errors, 0 skipped (seed 1)\n",
    );
  });

  it("follows if failing cases are skipped with a reason, which is printed", async () => {
    const { code, stdout } = await project.command("broken.mjs", "-t", "RANGE-05", "-t", "BLOB-01");
    expect(code).toBe(0);
    expect(stdout).toContain("RANGE-05  skipped: known, and <not> mended yet\n");
    expect(stdout).toMatch(/^BLOB-01 {2}skipped: was mended long ago — stale/m);
    expect(stdout).toContain("0 passed, 0 failed, 0 errors, 2 skipped (seed 1)\n");
  });

  it("follows even if the target leaves a timer and a server running", async () => {
    await project.write(
      "open.mjs",
      `import { createServer } from "node:net"; ${create} setInterval(() => {}, 1000); createServer().listen(0); export { create };`,
    );
    const { code, stdout } = await project.command("open.mjs", "-t", "BLOB-01");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 passed, .*\n$/m);
  });
});

describe("exit code 1", () => {
  it("follows if a case fails, which is printed as in the report with the command that repeats it", async () => {
    const { code, stdout } = await project.command("broken.mjs", "--only", "RANGE", "--seed", "7");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^RANGE-01 .* MUST /m);
    expect(stdout).toContain("reproduce: layout-testkit broken.mjs -t RANGE-01 --seed 7");
    expect(stdout).toMatch(/\n[0-9]+ passed, [1-9][0-9]* failed, 0 errors, 1 skipped \(seed 7\)\n$/);
  });

  it("follows if the target throws outside of a call, and the command continues", async () => {
    await project.write(
      "stray.mjs",
      `${create} export default { create() { setImmediate(() => { throw new Error("stray"); }); return create(); } };`,
    );
    const { code, stdout } = await project.command("stray.mjs", "-t", "BLOB-01", "--junit", "stray.xml");
    expect(code).toBe(1);
    expect(stdout).toContain("stray");
    expect(await read("stray.xml")).toContain("stray");
  });
});

describe("exit code 2 with a one-line reason", () => {
  beforeAll(async () => {
    await project.write("empty.mjs", "export const created = 1;");
    await project.write(
      "senseless.mjs",
      `${create} export const skip = { "BLOB-01": "" }; export { create };`,
    );
    await project.write("endless.mjs", "await new Promise(() => undefined);");
  });

  it.concurrent.each<[string, string[], string]>([
    ["no target", [], "TARGET"],
    ["an unknown option", ["memory.mjs", "--frob"], "--frob"],
    ["a timeout of zero", ["memory.mjs", "--timeout", "0"], "timeout"],
    ["a timeout longer than a timer supports", ["memory.mjs", "--timeout", "2147483648"], "24.8 days"],
    ["an unknown id", ["memory.mjs", "--only", "BLUB-01"], 'no case begins with "BLUB-01"'],
    ["no case that applies to the target", ["memory.mjs", "-t", "OPEN-01"], "no case"],
    ["a missing target", ["nowhere.mjs"], "cannot find the file nowhere.mjs"],
    ["a target that is a directory", ["node_modules"], "cannot find the file node_modules"],
    ["a target without create", ["empty.mjs"], "create"],
    ["a target with invalid options", ["senseless.mjs"], "BLOB-01 is skipped without a reason"],
    ["a target that never finishes loading", ["endless.mjs"], "endless.mjs"],
    [
      "a report in a missing directory",
      ["memory.mjs", "-t", "BLOB-01", "--junit", "nowhere/out.xml"],
      "nowhere/out.xml",
    ],
    [
      "a report whose path is a directory",
      ["memory.mjs", "-t", "BLOB-01", "--json", "node_modules"],
      "node_modules",
    ],
  ])("follows from %s", async (_what, args, part) => {
    const { code, stdout, stderr } = await project.command(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^layout-testkit: [^\n]+\n$/);
    expect(stderr).toContain(part);
  });

  it("comes with the stack of the target's own error if it throws while it is loaded", async () => {
    await project.write("throws.mjs", "function deep() { throw new Error('not today'); }\ndeep();");
    const { code, stderr } = await project.command("throws.mjs");
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^layout-testkit: cannot load throws\.mjs\nError: not today\n +at deep .*throws\.mjs:1/,
    );
  });
});

describe("report files", () => {
  it("are written by --junit and --json even if cases fail", async () => {
    const { code } = await project.command(
      "broken.mjs",
      "-t",
      "RANGE-01",
      "-t",
      "RANGE-05",
      "--junit",
      "out.xml",
      "--json",
      "out.json",
    );
    expect(code).toBe(1);
    const [suite] = parseXml(await read("out.xml")).children;
    expect(suite?.attributes).toMatchObject({
      name: "broken",
      tests: "2",
      failures: "1",
      errors: "0",
      skipped: "1",
    });
    const json: unknown = JSON.parse(await read("out.json"));
    expect(json).toMatchObject({
      ok: false,
      seed: 1,
      results: [
        { id: "RANGE-01", status: "fail" },
        { id: "RANGE-05", status: "skip" },
      ],
    });
  });
});

describe("the target", () => {
  it("has its options overridden by the command line", async () => {
    await project.write(
      "full.mjs",
      `${create} export default { create, only: "TAG", seed: 3, timeoutMs: 1, shuffle: false };`,
    );
    const { stdout } = await project.command(
      "full.mjs",
      "--only",
      "BLOB-01",
      "--seed",
      "4",
      "--timeout",
      "9000",
      "--shuffle",
      "--runs",
      "1",
    );
    expect(stdout).toContain("1 passed, 0 failed, 0 errors, 0 skipped (seed 4)");
  });

  it("may be CommonJS", async () => {
    await project.write(
      "old.cjs",
      "exports.create = async () => ({ registry: (await import('@ocilayout/layout-testkit/memory')).createMemoryRegistry() });",
    );
    expect((await project.command("old.cjs", "-t", "BLOB-01")).stdout).toContain("1 passed");
  });

  it("may be TypeScript, or is rejected with a message that suggests what to do", async () => {
    await project.write("typed.ts", `${create} const options: object = { create }; export default options;`);
    const { code, stdout, stderr } = await project.command("typed.ts", "-t", "BLOB-01");
    if (Reflect.get(process.features, "typescript") === "strip") {
      expect(stdout).toContain("1 passed");
    } else {
      console.log(
        `skipped: running a target in TypeScript, because Node ${process.version} does not run TypeScript`,
      );
      expect(code).toBe(2);
      expect(stderr).toMatch(/^layout-testkit: cannot load typed\.ts: this Node .* TypeScript.*\n$/);
    }
  });
});
