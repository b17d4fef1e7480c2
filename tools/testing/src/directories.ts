import { accessSync, constants, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

/** A directory for temporary files on another file system than `temporaryDirectory()`, if this machine has one. */
export const otherFileSystem: string | undefined = ["/dev/shm", "/tmp", "/var/tmp"].find(isOther);

function isOther(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return statSync(directory).dev !== statSync(tmpdir()).dev;
  } catch {
    return false;
  }
}

/** Creates a directory for the running test in `parent`, which is removed when the test ends. */
export function temporaryDirectory(parent: string = tmpdir()): string {
  const directory = mkdtempSync(join(parent, "ocilayout-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Returns the path of a layout that does not exist yet. */
export function freshLayout(): string {
  return join(temporaryDirectory(), "layout");
}

/** Returns the path at which the layout in `directory` keeps the blob `digest`. */
export function blobPath(directory: string, digest: string): string {
  return join(directory, "blobs", digest.replace(":", "/"));
}
