import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";

/** The resource that has run out. Some file systems count every name, so that links need room too. */
export type Shortage = "inodes" | "names" | "blocks";

function full(syscall: string): Error {
  return Object.assign(new Error("ENOSPC: injected"), { code: "ENOSPC", syscall });
}

interface Measure {
  readonly names: number;
  readonly inodes: number;
  readonly bytes: number;
}

/** Measures the content of `directory`. */
function measure(directory: string, sizes: Map<bigint, number> = new Map()): Measure {
  let names = 0;
  for (const name of readdirSync(directory)) {
    const stats = lstatSync(join(directory, name), { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) continue;
    sizes.set(stats.ino, stats.isFile() ? Number(stats.size) : 0);
    names += 1;
    if (stats.isDirectory()) names += measure(join(directory, name), sizes).names;
  }
  return { names, inodes: sizes.size, bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
}

/**
 * Returns a disk that is full from now on. Without inodes no file can be created, and without blocks no file can grow,
 * until `directory` holds less than now.
 */
export function fullDisk(directory: string, shortage: Shortage): Disk {
  const most = measure(directory);
  const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  const requireInode = (path: string, syscall: string): void => {
    if (shortage !== "blocks" && !isThere(path) && measure(directory)[shortage] >= most[shortage])
      throw full(syscall);
  };
  return {
    ...nodeDisk,
    mkdir: async (path) => {
      requireInode(path, "mkdir");
      return nodeDisk.mkdir(path);
    },
    open: async (path, flags) => {
      if (typeof flags === "string" && flags.startsWith("w")) requireInode(path, "open");
      return nodeDisk.open(path, flags);
    },
    link: async (existing, path) => {
      if (shortage === "names") requireInode(path, "link");
      return nodeDisk.link(existing, path);
    },
    copy: async (from, to) => {
      requireInode(to, "copyfile");
      if (shortage === "blocks") throw full("copyfile");
      return nodeDisk.copy(from, to);
    },
    write: async (file, bytes, position) => {
      if (shortage === "blocks") {
        const { size } = await nodeDisk.fstat(file);
        const growth = (position ?? Number(size)) + bytes.length - Number(size);
        if (growth > 0 && measure(directory).bytes + growth > most.bytes) throw full("write");
      }
      return nodeDisk.write(file, bytes, position);
    },
  };
}
