import { constants, type Dirent } from "node:fs";
import { lstat, open, readdir, realpath, stat, type FileHandle } from "node:fs/promises";
import { join, sep } from "node:path";

/** The type of a path below a {@link LayoutDirectory}. */
export type Place = "file" | "directory" | "absent" | "outside" | "other";

/** A directory that is read without leaving it: links that lead out of it are not followed. */
export class LayoutDirectory {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Rejects with the system's error if the directory is missing or cannot be read. */
  static async open(directory: string): Promise<LayoutDirectory> {
    const root = await realpath(directory);
    await readdir(root);
    return new LayoutDirectory(root);
  }

  /** Returns the type of `path`. Follows links within the directory. */
  async place(path: string): Promise<Place> {
    try {
      const real = await realpath(join(this.#root, path));
      if (real !== this.#root && !real.startsWith(this.#root + sep)) return "outside";
      const stats = await stat(real);
      return stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";
    } catch (error) {
      if (!isAbsent(error)) throw error;
      return (await this.#isLink(path)) ? "outside" : "absent";
    }
  }

  /** Returns the entries of the directory `path`, by name. Does not follow links. */
  async list(path: string): Promise<Dirent[]> {
    const entries = await readdir(join(this.#root, path), { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Opens a file that {@link place} found. Never waits, even if a pipe has replaced the file. */
  async open(path: string): Promise<FileHandle> {
    return open(await realpath(join(this.#root, path)), constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Reads a whole file. */
  async read(path: string): Promise<Uint8Array> {
    await using file = await this.open(path);
    return await file.readFile();
  }

  async #isLink(path: string): Promise<boolean> {
    try {
      return (await lstat(join(this.#root, path))).isSymbolicLink();
    } catch {
      return false;
    }
  }
}

/** Returns the system's code of an error, such as `EACCES`. */
export function systemCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : undefined;
}

function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP"].includes(systemCode(error) ?? "");
}
