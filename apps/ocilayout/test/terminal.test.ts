import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { afterEach, describe, expect, it, vi } from "vitest";

import { run } from "../src/cli/run.ts";
import { startProgress } from "../src/output/progress.ts";
import { layOut } from "../src/output/table.ts";
import { formatDuration } from "../src/output/text.ts";
import { fixture, ocilayout, Sink } from "./command.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

/** Runs `ocilayout` on a terminal of 80 columns. */
async function onTerminal(
  ...[first, ...rest]: readonly [({ readonly env: Record<string, string> } | string)?, ...string[]]
): Promise<{ stdout: string; stderr: string }> {
  const [stdout, stderr] = [new Sink(true, 80), new Sink(true, 80)];
  const args = typeof first === "string" ? [first, ...rest] : rest;
  const env = { TERM: "xterm", ...(typeof first === "object" ? first.env : {}) };
  await run(args, { stdout, stderr, env });
  return { stdout: stdout.bytes.toString(), stderr: stderr.bytes.toString() };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("a table", () => {
  it("has its columns aligned, and full digests if they fit", () => {
    expect(
      layOut(
        [
          ["v1", { digest }, "1 B"],
          ["latest", { digest }, "20 B"],
        ],
        90,
      ),
    ).toEqual([`v1      ${digest}  1 B`, `latest  ${digest}  20 B`]);
  });

  it("shortens digests, and then the widest text, to fit the width", () => {
    expect(layOut([["v1", { digest }, "1 B"]], 60)).toEqual(["v1  sha256:0123456789ab  1 B"]);
    const long = layOut([["a".repeat(100), { digest }, "1 B"]], 60);
    expect(long).toEqual([`${"a".repeat(33)}…  sha256:0123456789ab  1 B`]);
    for (const width of [5, 20, 40])
      for (const line of layOut([["a".repeat(50), "b".repeat(30), "c"]], width))
        expect(line.length).toBeLessThanOrEqual(Math.max(width, 7));
  });

  it("has full digests in a pipe, whatever its width", async () => {
    const layout = fixture("skopeo-1.22.0-tag");
    const piped = (await ocilayout("tags", layout)).stdout;
    expect(piped).toMatch(/^1\.0 {2}sha256:\w{64} {2}/);
    const shown = (await onTerminal("tags", layout)).stdout;
    expect(shown).toMatch(/^1\.0 {2}sha256:\w{12,64} {2}/);
    expect(shown.trimEnd().length).toBeLessThanOrEqual(80);
  });

  it("fits 80 columns in every list of a layout with long names", async () => {
    const layout = join(temporaryDirectory(), "l");
    const name = `${"team/".repeat(20)}app`;
    await ocilayout("init", `${layout}//${name}:v1`, "--platform", "linux/amd64");
    for (const args of [
      ["ls", layout],
      ["tags", `${layout}/${name}`],
      ["files", `${layout}/${name}:v1`],
    ])
      for (const line of (await onTerminal(...args)).stdout.split("\n"))
        expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe("help", () => {
  it.each(["copy", "append", "save", "serve"])("of %s fits 80 columns, but for examples", async (verb) => {
    const { stdout } = await onTerminal(verb, "--help");
    const beforeExamples = stdout.slice(0, stdout.indexOf("Examples:"));
    for (const line of beforeExamples.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe("colour", () => {
  it("marks differences on a terminal, unless NO_COLOR is set", async () => {
    const layout = join(temporaryDirectory(), "l");
    for (const name of ["amd64", "arm64"])
      await ocilayout("init", `${layout}//a:${name}`, "--platform", `linux/${name}`);
    const args = ["diff", `${layout}/a:amd64`, `${layout}/a:arm64`] as const;
    expect((await onTerminal(...args)).stdout).toContain("\u001b[31m- config");
    expect((await ocilayout(...args)).stdout).not.toContain("\u001b");
    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }])
      expect((await onTerminal({ env }, ...args)).stdout).not.toContain("\u001b");
  });
});

describe("progress", () => {
  it("has a line for each transfer, with bytes, rate and remaining time, and removes them", () => {
    vi.useFakeTimers();
    const terminal = new Sink(true, 80);
    const progress = startProgress(terminal, "copying");
    progress.transfer("sha256:aaa", 0, 4_000_000);
    progress.transfer("sha256:bbb", 500, 1000);
    vi.advanceTimersByTime(1000);
    progress.transfer("sha256:aaa", 1_000_000, 4_000_000);
    progress.complete("sha256:bbb");
    vi.advanceTimersByTime(100);
    const shown = terminal.bytes.toString();
    expect(shown).toContain("  sha256:bbb  500 B of 1.0 kB  50%");
    expect(shown).toMatch(/sha256:aaa {2}1\.0 MB of 4\.0 MB {2}25% {2}909\.1 kB\/s {2}4 s left\n/);
    progress.end();
    progress.end();
    expect(terminal.bytes.toString().endsWith("\u001b[2A\u001b[J")).toBe(true);
  });

  it("fits the height and the width of the terminal", () => {
    vi.useFakeTimers();
    const terminal = Object.assign(new Sink(true, 30), { rows: 6 });
    const progress = startProgress(terminal, "copying");
    for (let i = 0; i < 50; i += 1) progress.transfer(`sha256:${i}`, 0, 1_000_000);
    vi.advanceTimersByTime(100);
    progress.end();
    const [, drawn = ""] = terminal.bytes.toString().split("\u001b[1A\u001b[J");
    const shown = drawn.split("\u001b")[0]?.trimEnd().split("\n") ?? [];
    expect(shown).toHaveLength(6);
    expect(shown.at(-1)).toBe("and 46 more");
    for (const line of shown) expect(line.length).toBeLessThan(30);
  });

  it("formats durations with at most two units", () => {
    expect([0, 900, 61_000, 3_660_000].map(formatDuration)).toEqual(["0 s", "1 s", "1 min 1 s", "1 h 1 min"]);
  });
});
