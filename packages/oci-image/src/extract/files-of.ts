import type { CallOptions } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, requireFlag, requireSignal, requireString } from "@ocilayout/oci-types/authors";

import type { LayerFile } from "../create-layer/layer-file.ts";
import { compareKeys } from "../create-layer/layer-path.ts";
import { decodeText } from "../tar/format/text.ts";
import { type DiskStats, type Host, lookAt, thisHost } from "./disk.ts";
import { storageError } from "./errors.ts";
import { HeldTree } from "./held-tree.ts";
import { openContent } from "./open-content.ts";

/** The type of a file in a directory. */
export type DirectoryFileType = "file" | "directory" | "symlink" | "other";

/** Options of {@link filesOf}. */
export interface FilesOfOptions extends CallOptions {
  /** The directory in the image that gets the files, such as `"/app"`. Defaults to the root. It gets no entry itself. */
  readonly to?: string | undefined;
  /**
   * Leaves out the files for which it returns true, and everything in a directory for which it does. The path is relative to
   * the directory, with slashes.
   */
  readonly ignore?: ((path: string, type: DirectoryFileType) => boolean) | undefined;
  /** Whether to take the owners of the files, and their setuid and setgid bits. Defaults to false: owner and group are 0. */
  readonly owners?: boolean | undefined;
  /** Whether to take the times of the files. Defaults to false: they are 0. */
  readonly times?: boolean | undefined;
  /** Receives the path of each socket, FIFO and device. They are left out. */
  readonly onSkipped?: ((path: string) => void) | undefined;
}

/**
 * Reads the files of a directory on this machine for `createLayer` or `pushLayer`, a directory before its content, sorted by
 * bytes. Only Node has directories.
 *
 * - Symlinks are taken as they are, and not followed. Files with one inode become hard links of the first.
 * - The same files have the same layer on every machine, unless `owners` or `times` is set. Permissions are taken as they are,
 *   except on Windows, which does not have them.
 * - A content is opened when the layer is made. If the file changed since it was listed, that fails.
 *
 * @param directory - A path on this machine. It may be a link.
 * @throws TypeError for a value of another type.
 * @throws `RegistryError` `STORAGE_FAILED` if the directory cannot be read, or a file changed since it was listed;
 * `SIZE_INVALID` if its size changed.
 */
export async function* filesOf(
  directory: string,
  options: FilesOfOptions = {},
): AsyncGenerator<LayerFile, void, undefined> {
  yield* filesOn(thisHost(), directory, options);
}

/** Reads files as {@link filesOf} does, on any host. */
export async function* filesOn(
  host: Host,
  directory: string,
  options: FilesOfOptions,
): AsyncGenerator<LayerFile, void, undefined> {
  requireString(directory, "directory");
  const { to = "" } = options;
  requireString(to, "to");
  const walk = new Walk(host, directory, options);
  try {
    for await (const file of walk.files()) yield { ...file, path: `${to}/${file.path}` };
  } finally {
    walk.close();
  }
}

class Walk {
  readonly #host: Host;
  readonly #directory: string;
  readonly #options: FilesOfOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #owners: boolean;
  readonly #times: boolean;
  readonly #tree: HeldTree;
  /** The first path of each file that has several, by device and inode. */
  readonly #linked: Map<string, string> = new Map();

  constructor(host: Host, directory: string, options: FilesOfOptions) {
    this.#host = host;
    this.#directory = directory;
    this.#options = options;
    this.#signal = requireSignal(options);
    this.#owners = requireFlag(options.owners ?? false, "owners");
    this.#times = requireFlag(options.times ?? false, "times");
    try {
      this.#tree = new HeldTree(host, directory);
    } catch (error) {
      throw storageError(error, "read the directory");
    }
  }

  async *files(): AsyncGenerator<LayerFile, void, undefined> {
    const waiting = await this.#list([]);
    for (let names = waiting.pop(); names !== undefined; names = waiting.pop()) {
      this.#signal?.throwIfAborted();
      const path = names.join("/");
      const stats = await this.#look(names);
      const type = typeOf(stats);
      if (this.#options.ignore?.(path, type) === true) continue;
      if (type === "other") {
        this.#options.onSkipped?.(path);
        continue;
      }
      yield await this.#describe(names, type, stats);
      if (type === "directory") for (const child of await this.#list(names)) waiting.push(child);
    }
  }

  close(): void {
    this.#tree.close();
  }

  async #describe(
    names: readonly string[],
    type: Exclude<DirectoryFileType, "other">,
    stats: DiskStats,
  ): Promise<LayerFile> {
    const path = names.join("/");
    const first = stats.nlink > 1n && type !== "directory" ? this.#firstOf(path, stats) : path;
    const attributes = { path, ...this.#attributesOf(type, stats) };
    const { to = "" } = this.#options;
    if (first !== path) return { ...attributes, type: "link", linkName: `${to}/${first}` };
    if (type === "symlink") return { ...attributes, type, linkName: await this.#readLink(names) };
    if (type === "directory") return { ...attributes, type };
    const size = Number(stats.size);
    const [host, directory] = [this.#host, this.#directory];
    const content = (): AsyncIterable<Uint8Array> => openContent(host, directory, { names, stats });
    return { ...attributes, type, size, content };
  }

  #attributesOf(type: DirectoryFileType, { mode, uid, gid, mtimeNs }: DiskStats): Partial<LayerFile> {
    // Without its owner, a setuid file would belong to root.
    const bits = Number(mode) & (this.#owners ? 0o7777 : 0o1777);
    return {
      ...(this.#host.platform === "win32" || type === "symlink" ? {} : { mode: bits }),
      ...(this.#owners ? { uid: Number(uid), gid: Number(gid) } : {}),
      ...(this.#times ? { mtime: Number(mtimeNs) / 1e9 } : {}),
    };
  }

  #firstOf(path: string, { dev, ino }: DiskStats): string {
    const key = `${dev}:${ino}`;
    const first = this.#linked.get(key) ?? path;
    this.#linked.set(key, first);
    return first;
  }

  /** Lists a directory. The last name comes first. */
  async #list(names: readonly string[]): Promise<(readonly string[])[]> {
    return this.#try(names, async () =>
      this.#tree.in(names, (directory) =>
        directory
          .use(".", (path) => this.#host.disk.readdirSync(path, { encoding: "buffer" }))
          .sort((one, other) => compareKeys(other, one))
          .map((name) => [...names, decodeText(name)]),
      ),
    );
  }

  async #look(names: readonly string[]): Promise<DiskStats> {
    const stats = await this.#try(names, async () =>
      this.#tree.in(names.slice(0, -1), (directory) =>
        directory.use(names.at(-1) ?? "", (path) => lookAt(this.#host.disk, path)),
      ),
    );
    if (stats !== undefined) return stats;
    throw new RegistryError(
      "STORAGE_FAILED",
      `cannot read ${excerpt(names.join("/"))}: it was removed meanwhile`,
    );
  }

  async #readLink(names: readonly string[]): Promise<string> {
    return this.#try(names, async () =>
      this.#tree.in(names.slice(0, -1), (directory) =>
        directory.use(names.at(-1) ?? "", (path) =>
          decodeText(this.#host.disk.readlinkSync(path, { encoding: "buffer" })),
        ),
      ),
    );
  }

  async #try<Result>(names: readonly string[], run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      throw storageError(error, `read ${excerpt(names.join("/") || "the directory")}`);
    }
  }
}

function typeOf(stats: DiskStats): DirectoryFileType {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "symlink" : "other";
}
