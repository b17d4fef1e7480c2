import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { serve } from "@ocilayout/oci-server/node";
import { temporaryDirectory } from "@ocilayout/testing";
import { afterEach, beforeEach, expect, it } from "vitest";

import { verbs } from "../src/cli/verbs.ts";
import { jsonLines, lines, ocilayout } from "./command.ts";

const readme = join(import.meta.dirname, "../README.md");
const text = readFileSync(readme, "utf8");
const before = process.cwd();
const { DOCKER_CONFIG, REGISTRY_AUTH_FILE } = process.env;

beforeEach(() => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "guide"));
  writeFileSync(join(directory, "hello.txt"), "hello\n");
  writeFileSync(join(directory, "guide/start.md"), "# Start\n");
  writeFileSync(join(directory, "token.txt"), "secret\n");
  // The layers have the permissions of the files.
  for (const name of ["hello.txt", "guide/start.md"]) chmodSync(join(directory, name), 0o644);
  process.chdir(directory);
  process.env["DOCKER_CONFIG"] = join(directory, "docker");
  delete process.env["REGISTRY_AUTH_FILE"];
});
afterEach(() => {
  process.chdir(before);
  Object.assign(process.env, { DOCKER_CONFIG, REGISTRY_AUTH_FILE });
  for (const name of ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE"])
    if (process.env[name] === "undefined") Reflect.deleteProperty(process.env, name);
});

/** Removes the quotes of a word, as a shell does. */
function unquoted(word: string): string {
  return word.replace(/^'(.*)'$/, "$1");
}

it("the README shows what the commands print", async () => {
  const server = await serve(createMemoryRegistry(), { port: 0, writable: true });
  const [shownHost, host] = ["localhost:5000", `localhost:${server.port}`];
  let real = "";
  let end = 0;
  try {
    for (const block of text.matchAll(/```console\n(.*?)```/gs)) {
      const commands = (block[1] ?? "").match(/^\$ ocilayout .*$/gm) ?? [];
      let shown = "";
      for (const line of commands) {
        const [words = "", file] = line.replaceAll(shownHost, host).split(" < ");
        const stdin = file === undefined ? "" : readFileSync(file);
        const { stdout, stderr } = await ocilayout({ stdin }, ...words.split(" ").slice(2).map(unquoted));
        shown += `${line}\n${stdout}${stdout === "" || stdout.endsWith("\n") ? "" : "\n"}${stderr}`;
      }
      shown = shown.replaceAll(host, shownHost);
      shown = shown.replaceAll(
        join(process.env["DOCKER_CONFIG"] ?? "", "config.json"),
        "~/.docker/config.json",
      );
      real += `${text.slice(end, block.index)}\`\`\`console\n${shown}\`\`\``;
      end = block.index + block[0].length;
    }
  } finally {
    await server.close();
  }
  real += text.slice(end);
  if (process.env["WRITE"] !== undefined) writeFileSync(readme, real);
  expect(text).toBe(real);
});

it("the README has an example of every verb", () => {
  const shown = Array.from(text.matchAll(/(?:\$|source <\() ?ocilayout ([a-z]+)/g), ([, verb]) => verb);
  expect(verbs.map(({ name }) => name).filter((name) => !shown.includes(name))).toEqual([]);
});

it("push and tag accept a file and a tag with the name of a verb or option", async () => {
  writeFileSync("help", "help");
  expect(await lines("push", "layout/docs:v1", "hello.txt")).toHaveLength(1);
  expect(await lines("push", "layout/docs:v1", "help")).toHaveLength(1);
  expect(await lines("tag", "layout/docs:v1", "help")).toHaveLength(1);
  expect(await jsonLines("tags", "layout/docs")).toMatchObject([{ tag: "help" }, { tag: "v1" }]);
});

it("no registry is asked about a path whose first component exists and looks like a host", async () => {
  mkdirSync("host.invalid");
  writeFileSync("localhost", "");
  for (const place of ["host.invalid/app:v1", "localhost/app:v1"]) {
    const { code, stderr } = await ocilayout("cat", place);
    expect(code).toBe(1);
    expect(stderr).toMatch(/NAME_UNKNOWN: cannot find a layout or archive at/);
  }
});
