import { execFileSync, spawnSync } from "node:child_process";

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

  it("are decoded: from many small contents", async () => {
    for (let length = 0; length < 400; length += 3) {
      const content = random(length, 3 + (length % 17), length);
      // Without the size, each run at level 19 takes 0.4 s to prepare its memory.
      const options = length % 2 === 0 ? ["-19", `--stream-size=${length}`] : ["-1"];
      const frame = compress(content, ...options);
      expect(Buffer.compare(await decode(frame), content)).toBe(0);
    }
  });

  it("with changed bytes are decoded to the same content, or rejected", async () => {
    const frame = compress(text, "-19", "--no-check");
    const results = { same: 0, rejected: 0, onlyHere: 0 };
    for (let seed = 1; seed <= 300; seed += 1) {
      const changed = frame.slice();
      const [place = 0, byte = 0] = random(2, 256, seed);
      changed[(place * 7919 + seed * 104_729) % changed.length] = byte;
      const ours = await decode(changed).catch((error: unknown) => error as Error);
      const theirs = spawnSync("zstd", ["-d", "--stdout"], { input: changed, maxBuffer: 2 ** 28 });
      if (ours instanceof Error) {
        results[theirs.status === 0 ? "onlyHere" : "rejected"] += 1;
        continue;
      }
      expect([seed, theirs.status, Buffer.compare(ours, theirs.stdout)]).toEqual([seed, 0, 0]);
      results.same += 1;
    }
    // The program does not check the ends of all streams of literals.
    expect(results.onlyHere).toBeLessThan(50);
    expect(results.rejected).toBeGreaterThan(100);
  });

  it("and the one of the tests is the same content", () => {
    const decoded = execFileSync("zstd", ["-d", "--stdout"], { input: numbersFrame, stdio: "pipe" });
    expect(decoded.toString()).toBe(numbers);
  });
});
