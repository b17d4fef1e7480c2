import { execFileSync } from "node:child_process";

import { expect, it } from "vitest";

import { buildCommand, builtScript } from "./built-command.ts";
import { fixture } from "./command.ts";

buildCommand();

/** Completes a line in bash, as pressing Tab at its end does. Returns the replies. */
function complete(line: string): string[] {
  const script = `
    ocilayout() { '${process.execPath}' '${builtScript()}' "$@"; }
    compopt() { :; }
    source <(ocilayout completion bash)
    COMP_LINE="$1" COMP_POINT=\${#1}
    _ocilayout
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync("bash", ["-c", script, "bash", line], { encoding: "utf8" });
  return said.split("\n").filter((it) => it !== "");
}

it.skipIf(!hasBash())("bash completes verbs, options, repositories and tags, also after a colon", () => {
  const layout = fixture("ref-shared");
  expect(complete("ocilayout ta")).toEqual(["tags", "tag"]);
  expect(complete("ocilayout gc x --dr")).toEqual(["--dry-run"]);
  expect(complete(`ocilayout tags ${layout}/library/`)).toContain(`${layout}/library/app`);
  // bash replaces only the word after the last colon.
  expect(complete(`ocilayout show ${layout}/library/app:1`)).toEqual(["1.0"]);
  expect(complete("ocilayout ls /no/such/")).toEqual([]);
});

function hasBash(): boolean {
  try {
    execFileSync("bash", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    console.info("skipped: completion in bash, because bash is not installed");
    return false;
  }
}
