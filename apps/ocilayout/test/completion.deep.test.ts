import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { buildCommand, builtScript } from "./built-command.ts";
import { fixture } from "./command.ts";

buildCommand();

/** Runs a script of a shell that completes the line in its first argument. Returns its output by lines. */
function inShell(shell: string, flags: readonly string[], script: string, line: string): string[] {
  const command = `'${process.execPath}' '${builtScript()}'`;
  const said = execFileSync(shell, [...flags, script.replaceAll("COMMAND", command), shell, line], {
    encoding: "utf8",
    timeout: 60_000,
    env: { PATH: process.env["PATH"], HOME: "/", TERM: "dumb" },
  });
  return said.split("\n").filter((it) => it !== "");
}

/** Completes a line in bash, as pressing Tab at its end does. Returns the replies. */
function inBash(line: string): string[] {
  const script = `
    ocilayout() { COMMAND "$@"; }
    compopt() { :; }
    source <(ocilayout completion bash)
    COMP_LINE="$1" COMP_POINT=\${#1}
    _ocilayout
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return inShell("bash", ["-c"], script, line);
}

/** Types a line and Tab in an interactive zsh. Returns the line that results. */
function inZsh(line: string): string {
  const script = `
    zmodload zsh/zpty
    fifo=$(mktemp -u)
    mkfifo $fifo
    ocilayout_setup="
      PS1= ; unsetopt auto_list list_beep
      autoload -Uz compinit; compinit -D -u
      ocilayout() { COMMAND \\"\\$@\\"; }
      source <(ocilayout completion zsh)
      report() { print -r -- \\$BUFFER > $fifo; }
      zle -N report; bindkey '^X^X' report"
    zpty shell zsh -f -i
    zpty -w shell "eval \${(qqqq)ocilayout_setup}"
    zpty -w -n shell "$1"$'\\t\\x18\\x18'
    read -r answer < $fifo
    zpty -d shell
    rm $fifo
    print -r -- "$answer"`;
  return inShell("zsh", ["-f", "-c"], script, line).join("\n");
}

/** Returns what fish offers at the end of a line. */
function inFish(line: string): string[] {
  const script = `
    function ocilayout; COMMAND $argv; end
    ocilayout completion fish | source
    complete -C $argv[2]`;
  return inShell("fish", ["--no-config", "-c"], script, line).map((it) => it.split("\t")[0] ?? "");
}

describe.skipIf(!has("bash"))("bash", () => {
  it("completes verbs, options, repositories and tags, also after a colon", () => {
    const layout = fixture("ref-shared");
    expect(inBash("ocilayout ta")).toEqual(["tags", "tag"]);
    expect(inBash("ocilayout gc x --dr")).toEqual(["--dry-run"]);
    expect(inBash(`ocilayout tags ${layout}/library/`)).toContain(`${layout}/library/app`);
    // bash replaces only the word after the last colon.
    expect(inBash(`ocilayout show ${layout}/library/app:1`)).toEqual(["1.0"]);
    expect(inBash("ocilayout ls /no/such/")).toEqual([]);
  });
});

describe.skipIf(!has("zsh"))("zsh", () => {
  it("completes verbs, options, repositories and tags, also after a colon", () => {
    const layout = fixture("ref-shared");
    expect(inZsh("ocilayout comple")).toBe("ocilayout completion");
    expect(inZsh("ocilayout gc x --dr")).toBe("ocilayout gc x --dry-run");
    expect(inZsh(`ocilayout tags ${layout}/library/a`)).toBe(`ocilayout tags ${layout}/library/app`);
    expect(inZsh(`ocilayout show ${layout}/library/app:1`)).toBe(`ocilayout show ${layout}/library/app:1.0`);
    expect(inZsh("ocilayout ls /no/such/")).toBe("ocilayout ls /no/such/");
  });

  it("completes the names of directories above a layout", () => {
    const layout = fixture("ref-shared");
    expect(inZsh(`ocilayout ls ${layout.slice(0, -2)}`)).toBe(`ocilayout ls ${layout}/`);
  });
});

describe.skipIf(!has("fish"))("fish", () => {
  it("offers verbs, options, repositories and tags, also after a colon", () => {
    const layout = fixture("ref-shared");
    expect(inFish("ocilayout ta")).toEqual(["tag", "tags"]);
    expect(inFish("ocilayout gc x --dr")).toEqual(["--dry-run"]);
    expect(inFish(`ocilayout tags ${layout}/library/`)).toContain(`${layout}/library/app`);
    expect(inFish(`ocilayout show ${layout}/library/app:1`)).toContain(`${layout}/library/app:1.0`);
    expect(inFish("ocilayout ls /no/such/")).toEqual([]);
  });
});

/** Whether a shell is installed. CI on Linux requires it. */
function has(shell: string): boolean {
  try {
    execFileSync(shell, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined && process.platform === "linux")
      throw new Error(`${shell} is not installed, but CI needs it`);
    console.info(`skipped: completion in ${shell}, because ${shell} is not installed`);
    return false;
  }
}
