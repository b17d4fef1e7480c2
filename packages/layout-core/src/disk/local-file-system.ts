import { statfsSync } from "node:fs";
import { dirname } from "node:path";

import { isAbsent } from "./disk.ts";

/**
 * The types of file systems that have their data on this machine, as `statfs(2)` of Linux returns them. They date files by
 * the clock of this machine, and keep times in units of two seconds or less, usually nanoseconds.
 */
const LOCAL_TYPES: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
]);

/** Whether all `paths` are on local file systems. False if that is unknown. A missing path counts as its parent. */
export function areLocal(
  paths: readonly string[],
  typeOf: (path: string) => number = typeOfFileSystem,
): boolean {
  return process.platform === "linux" && paths.every((path) => isLocal(path, typeOf));
}

function isLocal(path: string, typeOf: (path: string) => number): boolean {
  try {
    return LOCAL_TYPES.has(typeOf(path));
  } catch (error) {
    return isAbsent(error) && dirname(path) !== path && isLocal(dirname(path), typeOf);
  }
}

function typeOfFileSystem(path: string): number {
  return statfsSync(path).type;
}

const devices: Map<bigint, boolean> = new Map();

/** {@link areLocal} for the device `device`, which has the file `path`. Asks the system once for each device. */
export function isLocalDevice(device: bigint, path: string): boolean {
  let local = devices.get(device);
  if (local === undefined) {
    local = areLocal([path]);
    devices.set(device, local);
  }
  return local;
}
