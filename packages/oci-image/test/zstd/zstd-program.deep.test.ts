import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { concat } from "../tar/archives.ts";
import { decode, numbers, numbersFrame } from "./frames.ts";

/** Whether the program is installed. If not, the tests are skipped, except in CI. */
function hasZstd(): boolean {
  try {
    execFileSync("zstd", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined) throw new Error("zstd is not installed, but CI needs it");
    console.info("skipped: frames of the program zstd, because it is not installed");
    return false;
  }
}

function compress(content: Uint8Array, ...options: readonly string[]): Uint8Array {
  return execFileSync("zstd", [...options, "--stdout"], {
    input: content,
    maxBuffer: 2 ** 28,
    stdio: "pipe",
  });
}

/** Runs the program once for many files, because each start takes time. Returns the results by number, without those that failed. */
function runForAll(
  inputs: ReadonlyMap<number, Uint8Array>,
  ...options: readonly string[]
): Map<number, Uint8Array> {
  const [from, to] = [temporaryDirectory(), temporaryDirectory()];
  for (const [number, content] of inputs) writeFileSync(join(from, `${number}.zst`), content);
  const files = Array.from(inputs.keys(), (number) => join(from, `${number}.zst`));
  const { error } = spawnSync("zstd", ["--quiet", ...options, "--output-dir-flat", to, ...files]);
  if (error !== undefined) throw error;
  return new Map(readdirSync(to).map((name) => [Number.parseInt(name), readFileSync(join(to, name))]));
}

/** Returns pseudo-random bytes. A smaller `range` compresses better. */
function random(length: number, range: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % range;
  });
}

const text = new TextEncoder().encode(numbers);
const noise = random(300_000, 256, 1);
const contents: readonly (readonly [string, Uint8Array])[] = [
  ["nothing", new Uint8Array()],
  ["a byte", new Uint8Array(1)],
  ["zeros", new Uint8Array(3_000_000)],
  ["numbers", text],
  ["noise", noise],
  ["bits", random(1_000_000, 2, 2)],
  ["letters", random(400_000, 26, 3)],
  // The distance of its matches is larger than most windows.
  [
    "noise twice, far apart",
    concat([noise, new Uint8Array(9_000_000), noise, random(30_000_000, 3, 4), noise]),
  ],
  [
    "a program",
    new Uint8Array(execFileSync("cat", [process.execPath], { maxBuffer: 2 ** 28 }).subarray(0, 20_000_000)),
  ],
];

describe.skipIf(!hasZstd())("frames of the program zstd", () => {
  const levels = ["-1", "-3", "-9", "-19", "--fast=7", "-3 --long=27", "-5 --no-check"];
  for (const [name, content] of contents)
    it.each(levels)(`are decoded: ${name}, with %j`, async (level) => {
      const options = level.split(" ");
      if (content.length > 1e7 && options[0] === "-19") options[0] = "-12";
      const decoded = await decode(compress(content, ...options), { step: 65_536 });
      expect(Buffer.compare(decoded, content)).toBe(0);
    });

  it.each(["-19", "-1 --no-content-size"])(
    "are decoded: from many small contents, with %j",
    async (level) => {
      const contents: Map<number, Uint8Array> = new Map();
      for (let length = level === "-19" ? 0 : 3; length < 400; length += 6)
        contents.set(length, random(length, 3 + (length % 17), length));
      const frames = runForAll(contents, ...level.split(" "));
      expect(frames.size).toBe(contents.size);
      for (const [length, frame] of frames)
        expect(Buffer.compare(await decode(frame), contents.get(length) ?? text)).toBe(0);
    },
  );

  it("with changed bytes are decoded to the same content, or rejected", async () => {
    const frame = compress(text, "-19", "--no-check");
    const frames: Map<number, Uint8Array> = new Map();
    for (let seed = 1; seed <= 300; seed += 1) {
      const changed = new Uint8Array(frame);
      const [place = 0, byte = 0] = random(2, 256, seed);
      changed[(place * 7919 + seed * 104_729) % changed.length] = byte;
      frames.set(seed, changed);
    }
    const theirs = runForAll(frames, "-d");
    const results = { same: 0, rejected: 0, onlyHere: 0 };
    for (const [seed, changed] of frames) {
      const ours = await decode(changed).catch((error: unknown) => error as Error);
      const expected = theirs.get(seed);
      if (!(ours instanceof Error)) {
        expect([seed, expected && Buffer.compare(ours, expected)]).toEqual([seed, 0]);
        results.same += 1;
      } else if (expected === undefined) results.rejected += 1;
      else {
        // RFC 8878 requires that all bits of a stream are used. The program does not check all streams of literals.
        expect(ours.message).toMatch(
          /^a stream of bits (?:has another length than its content|is too short)$/,
        );
        results.onlyHere += 1;
      }
    }
    expect(results.same).toBeGreaterThan(100);
    expect(results.rejected).toBeGreaterThan(30);
    expect(results.onlyHere).toBeLessThan(150);
  });

  it("and the one of the tests is the same content", () => {
    const decoded = execFileSync("zstd", ["-d", "--stdout"], { input: numbersFrame, stdio: "pipe" });
    expect(decoded.toString()).toBe(numbers);
  });
});
