import * as fs from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { HeldTree } from "../../src/extract/held-tree.ts";
import { hosts } from "./images.ts";

describe.each(hosts)("an open tree on %s", (_name, host) => {
  it("keeps a directory open while it is used", async () => {
    const directory = temporaryDirectory();
    const [one, other] = ["a", "b"].map((name) => Array.from({ length: 40 }, (_, at) => `${name}${at}`));
    for (const names of [one, other]) fs.mkdirSync(join(directory, ...(names ?? [])), { recursive: true });
    const tree = new HeldTree(host, directory);
    await tree.in(one ?? [], async ({ file }) => {
      const { ino } = fs.fstatSync(file);
      await tree.in(other ?? [], () => undefined);
      expect(fs.fstatSync(file).ino).toBe(ino);
    });
    tree.close();
  });
});
