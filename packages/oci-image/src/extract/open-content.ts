import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { type DiskStats, type Host, readSome } from "./disk.ts";
import { changedMeanwhile, storageError } from "./errors.ts";
import { flagsOf, isSame } from "./held-directory.ts";
import { HeldTree } from "./held-tree.ts";

/** The size of a chunk, in bytes. */
const CHUNK = 256 * 1024;

/** A file that was listed before. */
export interface ListedFile {
  /** The names of its path in the directory. */
  readonly names: readonly string[];
  /** The facts about it when it was listed. */
  readonly stats: DiskStats;
}

/**
 * Reads a file below `directory` without following links. It reuses the memory of its chunks.
 *
 * @throws `RegistryError` `STORAGE_FAILED` if the file changed since it was listed, or changes while it is read;
 * `SIZE_INVALID` if its size changed.
 */
export async function* openContent(
  host: Host,
  directory: string,
  { names, stats }: ListedFile,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { disk } = host;
  const name = names.join("/");
  let tree: HeldTree | undefined;
  let file: number | undefined;
  try {
    tree = new HeldTree(host, directory);
    // A FIFO that replaced the file does not block.
    const flags = flagsOf(disk, "O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK");
    const handle = await tree.in(names.slice(0, -1), (parent) => parent.open(names.at(-1) ?? "", flags));
    file = handle;
    requireUnchanged(name, stats, disk.fstatSync(handle, { bigint: true }));
    const buffer = new Uint8Array(Math.min(CHUNK, Number(stats.size)));
    for (let left = Number(stats.size); left > 0;) {
      const count = await readSome(disk, handle, buffer.subarray(0, left));
      if (count === 0) break;
      left -= count;
      yield buffer.subarray(0, count);
    }
    requireUnchanged(name, stats, disk.fstatSync(handle, { bigint: true }));
  } catch (error) {
    throw storageError(error, `read ${excerpt(name)}`);
  } finally {
    if (file !== undefined) disk.closeSync(file);
    tree?.close();
  }
}

function requireUnchanged(name: string, expected: DiskStats, found: DiskStats): void {
  const doing = `read ${excerpt(name)}`;
  if (!isSame(expected, found) || !found.isFile()) throw changedMeanwhile(doing, "it");
  const [before, now] = [Number(expected.size), Number(found.size)];
  if (before !== now) {
    throw new RegistryError(
      "SIZE_INVALID",
      `cannot ${doing}: its size changed from ${before} to ${now} bytes`,
      {
        detail: { expected: before, received: now },
      },
    );
  }
  if (expected.mtimeNs !== found.mtimeNs)
    throw new RegistryError("STORAGE_FAILED", `cannot ${doing}: it changed since it was listed`);
}
