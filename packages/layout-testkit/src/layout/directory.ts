import { constants, type Dirent } from "node:fs";
import { lstat, open, readdir, realpath, stat, type FileHandle } from "node:fs/promises";
import { join, sep } from "node:path";

/** What a path below a {@link LayoutDirectory} is. */
export type Place = "file" | "directory" | "absent" | "outside" | "other";

/** A directory that is looked at without ever leaving it: what a link leads to outside is not touched. */
export class LayoutDirectory {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Rejects, with the system's error, where there is no directory that can be read. */
  static async open(directory: string): Promise<LayoutDirectory> {
    const root = await realpath(directory);
    await readdir(root);
    return new LayoutDirectory(root);
  }

  /** What is at `path`, links within the directory followed. */
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

  /** What is in the directory `path`, by name; links are not followed. */
  async list(path: string): Promise<Dirent[]> {
    const entries = await readdir(join(this.#root, path), { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Opens a file that {@link place} was asked about. Never waits: what took its place may be a pipe. */
  async open(path: string): Promise<FileHandle> {
    return open(await realpath(join(this.#root, path)), constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** The whole file. */
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

/** The system's word for what went wrong: `EACCES`. */
export function systemCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : undefined;
}

function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP"].includes(systemCode(error) ?? "");
}
