import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";

import { bytes } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import type { LayerFile } from "../../src/create-layer/layer-file.ts";
import type { Disk, Host } from "../../src/extract/disk.ts";
import { extractOn, extractTo } from "../../src/extract/extract-to.ts";
import { contentOf, disk, imageOf, twoDirectories } from "./images.ts";

const files: readonly LayerFile[] = [
  { path: "d/", mode: 0o777, mtime: 5 },
  { path: "d/e/f", content: bytes("evil"), mode: 0o777 },
  { path: "d/e/h", type: "link", linkName: "d/e/f" },
  { path: "d/secret", content: bytes("evil"), mode: 0o777 },
  { path: "d/s", type: "symlink", linkName: "f" },
  { path: "link", type: "link", linkName: "d/e/f" },
];

/** Returns a host whose call number `at` first runs `attack`, and the number of calls so far. */
function attackAt(platform: string, at: number, attack: () => void): { host: Host; calls: () => number } {
  let calls = 0;
  const attacked = Object.fromEntries(
    Object.entries(disk).map(([name, call]: [string, unknown]) => [
      name,
      typeof call === "function"
        ? (...parts: unknown[]): unknown => {
            calls += 1;
            if (calls === at) attack();
            return (call as (...parts: unknown[]) => unknown).apply(fs, parts);
          }
        : call,
    ]),
  );
  return { host: { disk: attacked as unknown as Disk, platform }, calls: () => calls };
}

/** Runs `attack`, if the files that it changes exist. */
function attempt(attack: () => void): void {
  try {
    attack();
  } catch {
    // The file is not there yet.
  }
}

type Attack = (inside: string, outside: string) => void;

const swapDirectory =
  (name: string, target: string): Attack =>
  (inside, outside) => {
    fs.renameSync(join(inside, name), join(inside, "moved"));
    fs.symlinkSync(join(outside, target), join(inside, name));
  };

const attacks: readonly (readonly [string, Attack])[] = [
  ["CVE-2018-15664: a directory becomes a symlink", swapDirectory("d", "")],
  ["CVE-2018-15664: a lower directory becomes a symlink", swapDirectory("d/e", "")],
  [
    "CVE-2024-45310: a directory is missing and becomes a symlink",
    (inside, outside) => {
      fs.symlinkSync(outside, join(inside, "d"));
    },
  ],
  [
    "a file becomes a symlink",
    (inside, outside) => {
      fs.unlinkSync(join(inside, "d/e/f"));
      fs.symlinkSync(join(outside, "secret"), join(inside, "d/e/f"));
    },
  ],
  [
    "every file becomes a symlink",
    (inside, outside) => {
      for (const name of fs.readdirSync(join(inside, "d/e"))) {
        fs.unlinkSync(join(inside, "d/e", name));
        fs.symlinkSync(join(outside, "secret"), join(inside, "d/e", name));
      }
    },
  ],
];

describe.skipIf(process.platform !== "linux")("another process, at any moment", () => {
  it.each(attacks)("does not lead outside: %s", async (_name, attack) => {
    const at = await imageOf(files);
    const run = async (moment: number): Promise<number> => {
      const { inside, outside, requireUntouched } = twoDirectories();
      const { host, calls } = attackAt("linux", moment, () => {
        attempt(() => {
          attack(inside, outside);
        });
      });
      const error = await extractOn(host, at, inside, {}).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      requireUntouched();
      if (error !== undefined) expect(error).toMatchObject({ code: "STORAGE_FAILED" });
      return calls();
    };
    const total = await run(0);
    expect(total).toBeGreaterThan(40);
    for (let moment = 1; moment <= total; moment += 1) await run(moment);
  });

  it("does not get a hard link to a file outside", async () => {
    const at = await imageOf(files);
    const run = async (moment: number): Promise<number> => {
      const { inside, outside } = twoDirectories();
      const { host, calls } = attackAt("linux", moment, () => {
        attempt(() => {
          fs.unlinkSync(join(inside, "d/e/f"));
          fs.linkSync(join(outside, "secret"), join(inside, "d/e/f"));
        });
      });
      await extractOn(host, at, inside, {}).catch(() => undefined);
      expect(contentOf(outside)).toEqual({ secret: { mode: "600", mtime: 1, text: "secret" } });
      const { ino } = fs.statSync(join(outside, "secret"));
      for (const name of ["d/e/h", "link"])
        expect(fs.statSync(join(inside, name), { throwIfNoEntry: false })?.ino).not.toBe(ino);
      return calls();
    };
    const total = await run(0);
    for (let moment = 1; moment <= total; moment += 1) await run(moment);
  });
});

/** Replaces the directory `d` by a link and back, until it is killed. */
const SWAPPER = `
  const fs = require("node:fs");
  for (;;) for (const step of [
    () => fs.renameSync("d", "moved"), () => fs.symlinkSync("../outside", "d"),
    () => fs.unlinkSync("d"), () => fs.rmSync("d", { recursive: true, force: true }), () => fs.renameSync("moved", "d"),
  ]) try { step(); } catch {}
`;

describe.skipIf(process.platform !== "linux")("another process that runs all the time", () => {
  it("does not lead outside", async () => {
    const { inside, outside } = twoDirectories();
    const at = await imageOf(files);
    const swapper = spawn(process.execPath, ["-e", SWAPPER], { cwd: inside, stdio: "ignore" });
    try {
      const results: Set<string> = new Set();
      for (const end = Date.now() + 3000; Date.now() < end;) {
        results.add(
          await extractTo(at, inside, { overwrite: true }).then(
            () => "extracted",
            () => "failed",
          ),
        );
        expect(contentOf(outside)).toEqual({ secret: { mode: "600", mtime: 1, text: "secret" } });
      }
      expect(results).toContain("failed");
    } finally {
      swapper.kill("SIGKILL");
      await once(swapper, "exit");
    }
  });
});

describe("another process, on a system without handles as paths", () => {
  it.each(attacks.slice(0, 2))("is detected, and no file outside is changed: %s", async (_name, attack) => {
    const at = await imageOf(files);
    const run = async (moment: number): Promise<number> => {
      const { inside, outside } = twoDirectories();
      const done: string[] = [];
      const { host, calls } = attackAt("other", moment, () => {
        attempt(() => {
          attack(inside, outside);
          done.push("attack");
        });
      });
      const result = await extractOn(host, at, inside, {}).catch((error: unknown) => error);
      const { secret, ...others } = contentOf(outside);
      expect(secret).toEqual({ mode: "600", mtime: 1, text: "secret" });
      // The race that remains can leave a temporary file or an empty directory outside, but changes no file.
      for (const name of Object.keys(others)) expect(name).toMatch(/^(?:\.ocilayout-.*|e)$/);
      if (done.length > 0 && moment < calls()) expect(result).toBeDefined();
      return calls();
    };
    const total = await run(0);
    for (let moment = 1; moment <= total; moment += 1) await run(moment);
  });
});
