import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MEMORY = "/dev/shm";
/** The type of tmpfs, as `statfs(2)` of Linux returns it. */
const TMPFS = 0x01021994;
/** In bytes. Tests have 0.2 GiB of files at a time. */
const NEEDED = 2 * 2 ** 30;

/**
 * Puts the temporary files of all tests in memory, and removes them at the end. Does nothing if `TMPDIR` is set, if less than
 * 2 GiB are free, or if the system does not run programs from there.
 */
export default function setup(): (() => void) | undefined {
  if (process.env["TMPDIR"] !== undefined || !hasRoom()) return undefined;
  const directory = mkdtempSync(join(MEMORY, "ocilayout-tests-"));
  // Some tests start processes of another user.
  chmodSync(directory, 0o755);
  const remove = (): void => {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  // Vitest does not call the teardown if it is interrupted.
  process.once("exit", remove);
  if (!runsPrograms(directory)) return remove;
  process.env["TMPDIR"] = directory;
  return remove;
}

function hasRoom(): boolean {
  if (process.platform !== "linux") return false;
  try {
    accessSync(MEMORY, constants.W_OK);
    const { type, bavail, bsize } = statfsSync(MEMORY);
    return type === TMPFS && Math.min(bavail * bsize, process.availableMemory()) >= NEEDED;
  } catch {
    return false;
  }
}

/** Whether files in `directory` may be run. Containers often mount this file system with `noexec`. */
function runsPrograms(directory: string): boolean {
  const program = join(directory, "program");
  writeFileSync(program, "", { mode: 0o700 });
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(program);
  }
}
