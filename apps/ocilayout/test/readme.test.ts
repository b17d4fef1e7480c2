import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, expect, it } from "vitest";

import { ocilayout, temporaryDirectory } from "./command.ts";

const readme = join(import.meta.dirname, "../README.md");
const before = process.cwd();
afterEach(() => {
  process.chdir(before);
});

it("the README shows what the commands print", async () => {
  const text = readFileSync(readme, "utf8");
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "guide"));
  writeFileSync(join(directory, "hello.txt"), "hello\n");
  writeFileSync(join(directory, "guide/start.md"), "# Start\n");
  process.chdir(directory);
  let real = "";
  let end = 0;
  for (const block of text.matchAll(/```console\n(.*?)```/gs)) {
    const commands = (block[1] ?? "").match(/^\$ ocilayout .*$/gm) ?? [];
    let shown = "";
    for (const line of commands) {
      const { stdout, stderr } = await ocilayout(...line.split(" ").slice(2));
      shown += `${line}\n${stdout}${stdout === "" || stdout.endsWith("\n") ? "" : "\n"}${stderr}`;
    }
    real += `${text.slice(end, block.index)}\`\`\`console\n${shown}\`\`\``;
    end = block.index + block[0].length;
  }
  real += text.slice(end);
  if (process.env["WRITE"] !== undefined) writeFileSync(readme, real);
  expect(real.match(/^\$ ocilayout /gm)?.length).toBeGreaterThan(10);
  expect(text).toBe(real);
});
