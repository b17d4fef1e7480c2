import { basename, dirname } from "node:path";

import type { Disk } from "../disk/disk.ts";
import { listIfThere } from "../disk/disk.ts";
import { judgeName } from "../disk/owned-name.ts";

/**
 * Whether another process waits for the lock `path`. A process that waits has a record beside the lock. The record of a dead
 * process does not count.
 */
export async function isAwaited(disk: Disk, path: string): Promise<boolean> {
  const prefix = `${basename(path)}.`;
  const names = await listIfThere(disk, dirname(path));
  return names.some(
    ({ name }) => name.startsWith(prefix) && name.endsWith(".tmp") && judgeName(name) !== "dead",
  );
}
