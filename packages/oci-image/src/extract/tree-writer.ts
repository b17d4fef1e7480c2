import type { ImageFile } from "../layers/tree/image-file.ts";
import type { DiskPath, DiskStats, Host } from "./disk.ts";
import { encode, lookAt, writeAll } from "./disk.ts";
import { changedMeanwhile, inTheWay, systemCode } from "./errors.ts";
import type { PlannedFile } from "./extract-plan.ts";
import { flagsOf, type HeldDirectory, isSame } from "./held-directory.ts";
import { HeldTree } from "./held-tree.ts";
import type { CheckedExtractOptions } from "./options.ts";

/** The mode of directories until their content is complete. No other user can change it meanwhile. */
const PRIVATE = 0o700;

/** Writes files into a directory. Each appears under its name when it is complete. */
export class TreeWriter {
  readonly #host: Host;
  readonly #options: Pick<CheckedExtractOptions, "overwrite" | "owners" | "setIds" | "signal">;
  readonly #tree: HeldTree;
  /** The files and directories that this writer made, by device and inode. */
  readonly #made: Set<string> = new Set();

  /** Opens the directory, which may be a link. */
  constructor(
    host: Host,
    directory: string,
    options: Pick<CheckedExtractOptions, "overwrite" | "owners" | "setIds" | "signal">,
  ) {
    this.#host = host;
    this.#options = options;
    this.#tree = new HeldTree(host, directory);
  }

  /** Creates a directory without its attributes. */
  async makeDirectory({ file, names }: PlannedFile): Promise<void> {
    const { disk } = this.#host;
    const make = (path: DiskPath): unknown => disk.mkdirSync(path, { mode: PRIVATE });
    await this.#in(names, (parent, name) => {
      try {
        parent.use(name, make);
      } catch (error) {
        if (systemCode(error) !== "EEXIST") throw error;
        const found = parent.use(name, (path) => lookAt(disk, path));
        this.#requireReplaceable(file, found);
        if (found?.isDirectory() === true) return;
        parent.use(name, (path) => {
          disk.unlinkSync(path);
        });
        parent.use(name, make);
      }
    });
    await this.#tree.in(names, (directory) => {
      this.#remember(disk.fstatSync(directory.file, { bigint: true }));
    });
  }

  /** Sets the attributes of a directory. Call it after its content was written. */
  async completeDirectory({ file, names }: PlannedFile): Promise<void> {
    await this.#tree.in(names, (directory) => {
      this.#setAttributes(directory.file, file);
    });
  }

  /** Writes a regular file. Returns what identifies it, for {@link linkFile}. */
  async writeFile({ file, names }: PlannedFile, content: AsyncIterable<Uint8Array>): Promise<DiskStats> {
    const { disk } = this.#host;
    const { signal } = this.#options;
    const create = flagsOf(disk, "O_WRONLY", "O_CREAT", "O_EXCL", "O_NOFOLLOW");
    return this.#replace(file, names, async (parent, temporary) => {
      const handle = parent.open(temporary, create, 0o600);
      try {
        for await (const chunk of content) {
          signal?.throwIfAborted();
          await writeAll(disk, handle, chunk);
        }
        this.#setAttributes(handle, file);
        return disk.fstatSync(handle, { bigint: true });
      } finally {
        disk.closeSync(handle);
      }
    });
  }

  /** Creates a symlink. Its target is not looked at. */
  async writeSymlink({ file, names }: PlannedFile): Promise<DiskStats> {
    const { disk } = this.#host;
    const { uid, gid, mtime, linkName = "" } = file;
    return this.#replace(file, names, (parent, temporary) =>
      parent.use(temporary, (path) => {
        disk.symlinkSync(encode(linkName), path);
        if (this.#options.owners) disk.lchownSync(path, uid, gid);
        disk.lutimesSync(path, timeOf(mtime), timeOf(mtime));
        return this.#found(path);
      }),
    );
  }

  /** Creates a hard link to a file that this writer wrote. `target` is what the writer returned for it. */
  async linkFile({ file, names }: PlannedFile, existing: PlannedFile, target: DiskStats): Promise<void> {
    const { disk } = this.#host;
    await this.#in(existing.names, (from, fromName) =>
      this.#replace(file, names, (parent, temporary) => {
        from.use(fromName, (fromPath) => {
          parent.use(temporary, (path) => {
            disk.linkSync(fromPath, path);
          });
        });
        const linked = parent.use(temporary, (path) => this.#found(path));
        if (!isSame(target, linked)) throw changedMeanwhile("link a file", "it");
        return linked;
      }),
    );
  }

  /** Closes the directories. */
  close(): void {
    this.#tree.close();
  }

  /** Makes a file under a temporary name, and renames it. Removes it if that fails. */
  async #replace(
    file: ImageFile,
    names: readonly string[],
    make: (parent: HeldDirectory, temporary: string) => DiskStats | Promise<DiskStats>,
  ): Promise<DiskStats> {
    const { disk } = this.#host;
    return this.#in(names, async (parent, name) => {
      const temporary = `.ocilayout-${crypto.randomUUID()}`;
      try {
        const made = await make(parent, temporary);
        const found = parent.use(name, (path) => lookAt(disk, path));
        this.#requireReplaceable(file, found);
        if (found?.isDirectory() === true) throw inTheWay(file.path, "EISDIR", "a directory is in its place");
        parent.use(temporary, (from) => {
          parent.use(name, (to) => {
            disk.renameSync(from, to);
          });
        });
        this.#remember(made);
        return made;
      } catch (error) {
        removeQuietly(parent, temporary, (path) => {
          disk.unlinkSync(path);
        });
        throw error;
      }
    });
  }

  /** Passes the directory of a file and its name to `call`. */
  async #in<Result>(
    names: readonly string[],
    call: (parent: HeldDirectory, name: string) => Result | Promise<Result>,
  ): Promise<Result> {
    return this.#tree.in(names.slice(0, -1), (parent) => call(parent, names.at(-1) ?? ""));
  }

  /** Two names of the image can be one on a file system that ignores case, or combines characters. */
  #requireReplaceable({ path }: ImageFile, found: DiskStats | undefined): void {
    if (found === undefined) return;
    if (!this.#options.overwrite || this.#made.has(keyOf(found)))
      throw inTheWay(
        path,
        "EEXIST",
        "its name is taken, also by a name that this file system does not distinguish",
      );
  }

  #remember(stats: DiskStats): void {
    if (this.#options.overwrite) this.#made.add(keyOf(stats));
  }

  #found(path: DiskPath): DiskStats {
    const found = lookAt(this.#host.disk, path);
    if (found === undefined) throw changedMeanwhile("create a link", "it");
    return found;
  }

  /** A change of the owner clears the setuid bit, so the mode comes later. */
  #setAttributes(handle: number, { type, mode, uid, gid, mtime }: ImageFile): void {
    const { disk } = this.#host;
    const kept = this.#options.setIds ? 0o7777 : type === "directory" ? 0o1777 : 0o777;
    if (this.#options.owners) disk.fchownSync(handle, uid, gid);
    disk.fchmodSync(handle, mode & kept);
    disk.futimesSync(handle, timeOf(mtime), timeOf(mtime));
  }
}

function keyOf({ dev, ino }: DiskStats): string {
  return `${dev}:${ino}`;
}

/** The failure before it is the one to report. */
function removeQuietly(parent: HeldDirectory, name: string, unlink: (path: DiskPath) => void): void {
  try {
    parent.use(name, unlink);
  } catch {
    // It was not created, or another process removed it.
  }
}

/** Returns a time for the calls of Node, from seconds. Node takes a negative number for the current time. */
function timeOf(seconds: number): number | Date {
  return seconds < 0 ? new Date(seconds * 1000) : seconds;
}
