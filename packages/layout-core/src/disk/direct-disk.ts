import * as fs from "node:fs";

import { pauseIfDue } from "@ocilayout/oci-backend";

import { nodeDisk, type Disk } from "./disk.ts";

/** The largest read or write that does not use another thread, in bytes. Copying as much takes about 50 µs. */
export const DIRECT_BYTES: number = 256 * 1024;
/** Freeing the space of a larger file can take milliseconds. */
const QUICK_TO_FREE_BYTES = 1024 * 1024;
/** The same for a file that is closed, because few calls wait for that. */
const QUICK_TO_CLOSE_BYTES = 64 * 1024;

/**
 * The file system of this machine without switches of threads for small steps: a switch takes 50 to 200 µs, and the step
 * itself 3 to 25. For local file systems only, because a step that hangs would stop the event loop.
 *
 * Large reads and writes, flushes, copies, lists of directories, and steps that free a large file still use other
 * threads. The steps of many calls at once give way to the event loop after some milliseconds.
 */
export const directDisk: Disk = {
  ...nodeDisk,
  mkdir: direct((path) => {
    fs.mkdirSync(path);
  }),
  open: direct((path, flags) => fs.openSync(path, flags, 0o666)),
  async write(file, bytes, position) {
    if (bytes.length > DIRECT_BYTES) return nodeDisk.write(file, bytes, position);
    await pauseIfDue();
    for (let done = 0; done < bytes.length;) {
      const at = position === undefined ? null : position + done;
      done += fs.writeSync(file, bytes, done, bytes.length - done, at);
    }
  },
  chmod: direct((file, mode) => {
    fs.fchmodSync(file, mode);
  }),
  touch: direct((file, ms) => {
    fs.futimesSync(file, ms / 1_000, ms / 1_000);
  }),
  async close(file, freesLittle = false) {
    await pauseIfDue();
    if (freesLittle) {
      fs.closeSync(file);
      return;
    }
    const { nlink, size } = fs.fstatSync(file);
    if (nlink === 0 && size > QUICK_TO_CLOSE_BYTES) await nodeDisk.close(file);
    else fs.closeSync(file);
  },
  link: direct((existing, path) => {
    fs.linkSync(existing, path);
  }),
  // At once, and the pause afterwards: the caller just saw that it may replace or remove what is there.
  async rename(from, to, isNew = false) {
    if (!isNew && !isQuickToFree(to)) return nodeDisk.rename(from, to);
    fs.renameSync(from, to);
    await pauseIfDue();
  },
  async unlink(path) {
    if (!isQuickToFree(path)) return nodeDisk.unlink(path);
    fs.unlinkSync(path);
    await pauseIfDue();
  },
  rmdir: direct((path) => {
    fs.rmdirSync(path);
  }),

  async read(file, into, position) {
    if (into.length > DIRECT_BYTES) return nodeDisk.read(file, into, position);
    await pauseIfDue();
    let done = 0;
    while (done < into.length) {
      const wanted = into.length - done;
      const count = fs.readSync(file, into, done, wanted, position + done);
      done += count;
      // A local file system returns less only at the end of the file.
      if (count < wanted) break;
    }
    return done;
  },
  fstat: direct((file) => fs.fstatSync(file, { bigint: true })),
  realpath: direct((path) => fs.realpathSync(path)),
};

/** Makes a synchronous step asynchronous, so that its failure is a rejection. */
function direct<Args extends readonly unknown[], Result>(
  step: (...args: Args) => Result,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    await pauseIfDue();
    return step(...args);
  };
}

/** Whether removing the name `path` frees no large file. */
function isQuickToFree(path: string): boolean {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined || stats.nlink > 1 || stats.size <= QUICK_TO_FREE_BYTES;
}
