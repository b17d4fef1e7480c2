import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "vitest";

import { read, type WholeEntry } from "./archives.ts";
import { type FileFacts, walkTree } from "./tree.ts";

/** The facts about a file that a format of tar stores. */
export interface Stored {
  readonly xattrs: boolean;
  /** Fractions of times. */
  readonly fractions: boolean;
}

/** Reads an archive, and compares its entries with the files that a program extracted from it. */
export async function expectExtracted(
  archive: string,
  directory: string,
  stored: Stored,
): Promise<WholeEntry[]> {
  const entries = await read(readFileSync(archive), { requireEnd: true });
  const files = walkTree(directory);
  const found: Map<string, WholeEntry> = new Map();
  for (const entry of entries) {
    const path = entry.path.replace(/^\.\//, "").replace(/\/$/, "");
    if (path !== "" && path !== ".") found.set(path, entry);
  }
  expect([...found.keys()].sort()).toEqual([...files.keys()]);
  for (const [path, entry] of found) {
    const file = files.get(path);
    if (file === undefined) throw new Error(`${path} was not extracted`);
    expect([path, factsOf(entry, stored, found)]).toEqual([path, wanted(file, stored)]);
    if (entry.type !== "link") expect([path, file.content.compare(entry.bytes)]).toEqual([path, 0]);
    if (entry.type === "link") expect(files.get(entry.linkName.replace(/^\.\//, ""))?.inode).toBe(file.inode);
  }
  return entries;
}

function factsOf(entry: WholeEntry, stored: Stored, all: ReadonlyMap<string, WholeEntry>): object {
  // A hard link has the facts of the file that it is a link to.
  const { type, size, mode, uid, gid, mtime, linkName, deviceMajor, deviceMinor, xattrs } =
    entry.type === "link" ? (all.get(entry.linkName.replace(/^\.\//, "")) ?? entry) : entry;
  return {
    type,
    size,
    mode,
    uid,
    gid,
    mtime: stored.fractions ? Math.round(mtime * 1e3) : Math.floor(mtime),
    target: type === "symlink" ? linkName : "",
    device: type.endsWith("device") ? `${deviceMajor},${deviceMinor}` : "",
    xattrs: Object.fromEntries(
      [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString("hex")]),
    ),
  };
}

function wanted(file: FileFacts, stored: Stored): object {
  const { type, size, mode, uid, gid, target, device, xattrs } = file;
  const mtime = stored.fractions ? Math.round(Number(file.mtimeNs / 1000n) / 1e3) : file.mtime;
  return { type, size, mode, uid, gid, mtime, target, device, xattrs: stored.xattrs ? xattrs : {} };
}

/** Creates the directory `name` in `directory`. */
export function subdirectory(directory: string, name: string): string {
  const path = join(directory, name);
  mkdirSync(path);
  return path;
}
