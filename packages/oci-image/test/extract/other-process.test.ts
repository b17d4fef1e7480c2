import * as fs from "node:fs";
import { join } from "node:path";

import { bytes, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import type { LayerFile } from "../../src/create-layer/layer-file.ts";
import { extractOn } from "../../src/extract/extract-to.ts";
import type { Host } from "../../src/extract/disk.ts";
import { before, contentOf, disk, hosts, imageOf, twoDirectories } from "./images.ts";

const files: readonly LayerFile[] = [
  { path: "d/new", content: bytes("evil") },
  { path: "d/secret", content: bytes("evil"), mode: 0o777 },
  { path: "d/z", type: "link", linkName: "d/secret" },
];

/** Replaces a directory by a link to the outside, once. */
function swap(inside: string, outside: string): () => void {
  return () => {
    if (fs.existsSync(join(inside, "moved"))) return;
    fs.renameSync(join(inside, "d"), join(inside, "moved"));
    fs.symlinkSync(outside, join(inside, "d"));
  };
}

const withoutFlag: Host = {
  disk: { ...disk, constants: { ...disk.constants, O_NOFOLLOW: 0 } },
  platform: "other",
};

describe.each([...hosts, ["a system without O_NOFOLLOW", withoutFlag] as const])(
  "another process on %s",
  (name, host) => {
    it("does not lead outside while a file is written", async () => {
      const { inside, outside, requireUntouched } = twoDirectories();
      const attacked = before(host, "writeSync", swap(inside, outside));
      const extracting = extractOn(attacked, await imageOf(files), inside, {});
      if (name === "this system" && process.platform === "linux") await extracting;
      else expect(await rejection(extracting)).toMatchObject({ code: "STORAGE_FAILED" });
      requireUntouched();
    });

    it("does not lead outside when a directory is entered again", async () => {
      const { inside, outside, requireUntouched } = twoDirectories();
      const many = Array.from({ length: 40 }, (_, at): LayerFile => ({ path: `e${at}/` }));
      const attacked = before(host, "mkdirSync", (path) => {
        if (String(path).endsWith("/e9")) swap(inside, outside)();
      });
      const extracting = extractOn(attacked, await imageOf([{ path: "d/" }, ...many, ...files]), inside, {
        overwrite: true,
      });
      expect(await rejection(extracting)).toMatchObject({ code: "STORAGE_FAILED" });
      expect(fs.existsSync(join(inside, "moved"))).toBe(true);
      requireUntouched();
    });

    it("does not replace a file outside by a file of its own", async () => {
      const { inside, outside } = twoDirectories();
      const attacked = before(host, "fchmodSync", () => {
        const [temporary = ""] = fs.readdirSync(join(inside, "d"));
        if (!temporary.startsWith(".")) return;
        swap(inside, outside)();
        fs.writeFileSync(join(outside, temporary), "evil");
      });
      await extractOn(attacked, await imageOf(files), inside, { overwrite: true }).catch(() => undefined);
      expect(fs.existsSync(join(inside, "moved"))).toBe(true);
      expect(contentOf(outside)).toMatchObject({ secret: { mode: "600", mtime: 1, text: "secret" } });
    });

    it("does not get a hard link to a file outside", async () => {
      const { inside, outside } = twoDirectories();
      const attacked = before(host, "linkSync", () => {
        fs.unlinkSync(join(inside, "d/secret"));
        fs.linkSync(join(outside, "secret"), join(inside, "d/secret"));
      });
      expect(await rejection(extractOn(attacked, await imageOf(files), inside, {}))).toMatchObject({
        code: "STORAGE_FAILED",
      });
      expect(fs.readdirSync(join(inside, "d"))).toEqual(["new", "secret"]);
      expect(contentOf(outside)).toEqual({ secret: { mode: "600", mtime: 1, text: "secret" } });
    });
  },
);
