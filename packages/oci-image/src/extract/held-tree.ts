import type { Host } from "./disk.ts";
import { holdDirectory, type HeldDirectory } from "./held-directory.ts";

/** The number of directories that stay open. */
const MOST = 32;

interface Kept {
  readonly directory: HeldDirectory;
  users: number;
}

/** A directory and those below it. Each is opened name by name, and no link is followed. */
export class HeldTree {
  readonly #root: Kept;
  /** The open directories below the root by path, the one used longest ago first. */
  readonly #kept: Map<string, Kept> = new Map();

  /** Opens the directory `path`, which may be a link. */
  constructor(host: Host, path: string) {
    this.#root = { directory: holdDirectory(host, path), users: 0 };
  }

  /**
   * Opens the directory with these names, and passes it to `call`. It stays open until `call` has ended. Later it may be closed.
   */
  async in<Result>(
    names: readonly string[],
    call: (directory: HeldDirectory) => Result | Promise<Result>,
  ): Promise<Result> {
    const kept = this.#enter(names);
    kept.users += 1;
    try {
      return await call(kept.directory);
    } finally {
      kept.users -= 1;
    }
  }

  /** Closes all directories. */
  close(): void {
    for (const { directory } of this.#kept.values()) directory.close();
    this.#kept.clear();
    this.#root.directory.close();
  }

  #enter(names: readonly string[]): Kept {
    const nearest = this.#nearest(names);
    let { path, kept } = nearest;
    for (const name of names.slice(nearest.depth)) {
      path += `/${name}`;
      kept = { directory: kept.directory.enter(name), users: 0 };
      this.#keep(path, kept);
    }
    return kept;
  }

  /** Returns the deepest open directory on the way. */
  #nearest(names: readonly string[]): { depth: number; path: string; kept: Kept } {
    let path = names.map((name) => `/${name}`).join("");
    for (let depth = names.length; depth > 0; depth -= 1) {
      const kept = this.#kept.get(path);
      if (kept !== undefined) {
        this.#kept.delete(path);
        this.#kept.set(path, kept);
        return { depth, path, kept };
      }
      path = path.slice(0, path.lastIndexOf("/"));
    }
    return { depth: 0, path: "", kept: this.#root };
  }

  #keep(path: string, kept: Kept): void {
    this.#kept.set(path, kept);
    if (this.#kept.size <= MOST) return;
    for (const [other, { directory, users }] of this.#kept) {
      if (users > 0 || other === path) continue;
      this.#kept.delete(other);
      directory.close();
      return;
    }
  }
}
