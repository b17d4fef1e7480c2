import { readBlobSource, requireObject } from "@ocilayout/oci-types/authors";

import type { TarEntryInit } from "../tar/writing/entry-init.ts";
import type { LayerContent, LayerFile, LayerFiles } from "./layer-file.ts";
import {
  compareKeys,
  invalidPath,
  opaqueWhiteoutOf,
  parentOf,
  requireLayerPath,
  sortKeyOf,
  whiteoutOf,
} from "./layer-path.ts";
import type { CheckedLayerOptions } from "./options.ts";

type Planned = Omit<LayerFile, "path" | "type"> & {
  readonly path: string;
  readonly type: Exclude<TarEntryInit["type"], undefined>;
};

type PlanOptions = Pick<CheckedLayerOptions, "removed" | "opaque" | "mtime" | "parents" | "signal">;

/** The entries of a new layer, in order. Their contents are not opened yet. */
export class LayerPlan {
  readonly #files: Map<string, Planned> = new Map();
  readonly #whiteouts: Set<string> = new Set();
  readonly #unread: Set<LayerContent> = new Set();
  readonly #options: PlanOptions;

  /**
   * Reads and checks all files, but not their contents. If it fails, it ends the contents.
   *
   * @throws TypeError for a value of another type.
   * @throws `RegistryError` `NAME_INVALID` if a path is invalid, occurs twice, or is below something that is not a directory;
   * if a link does not name a file of the layer.
   */
  static async of(files: LayerFiles, options: PlanOptions): Promise<LayerPlan> {
    const plan = new LayerPlan(options);
    try {
      for await (const file of files) {
        options.signal?.throwIfAborted();
        plan.#add(file);
      }
      plan.#complete();
      return plan;
    } catch (error) {
      await plan.release();
      throw error;
    }
  }

  private constructor(options: PlanOptions) {
    this.#options = options;
  }

  /** Yields the entries for `writeTar`. Opens each content when its entry is requested. */
  async *entries(): AsyncGenerator<TarEntryInit, void, undefined> {
    for (const { content, ...entry } of this.#inOrder()) {
      if (content === undefined) yield entry;
      else {
        this.#unread.delete(content);
        yield { ...entry, content: typeof content === "function" ? await content() : content };
      }
    }
  }

  /** Cancels or returns the contents that were not written. */
  async release(): Promise<void> {
    const unread = [...this.#unread];
    this.#unread.clear();
    for (const content of unread)
      if (typeof content === "object")
        await readBlobSource(content)
          .return()
          .catch(() => undefined);
  }

  #add(file: LayerFile): void {
    requireObject(file, "a file of a layer");
    const { content } = file;
    if (content !== undefined && !(content instanceof Uint8Array)) this.#unread.add(content);
    const path = requireLayerPath(file.path);
    const type = file.type ?? (path === "" || file.path.endsWith("/") ? "directory" : "file");
    if (this.#files.has(path)) throw invalidPath(file.path, "occurs twice");
    if (path === "" && type !== "directory") throw invalidPath(file.path, `is the root, not a ${type}`);
    const { mtime = 0 } = this.#options;
    const time = file.mtime ?? mtime;
    const isLate = this.#options.mtime !== undefined && time > mtime;
    this.#files.set(path, { ...file, path, type, mtime: isLate ? mtime : time });
  }

  #complete(): void {
    const { removed, opaque, parents, mtime = 0 } = this.#options;
    for (const path of removed) this.#whiteouts.add(whiteoutOf(path));
    for (const path of opaque) this.#whiteouts.add(opaqueWhiteoutOf(path));
    for (const path of this.#whiteouts) this.#requireDirectories(path);
    for (const file of [...this.#files.values()]) {
      this.#requireDirectories(file.path);
      for (
        let path = parentOf(file.path);
        parents && path !== undefined && path !== "";
        path = parentOf(path)
      )
        if (!this.#files.has(path)) this.#files.set(path, { path, type: "directory", mtime });
    }
    this.#orderLinks();
  }

  #requireDirectories(path: string): void {
    for (let parent = parentOf(path); parent !== undefined; parent = parentOf(parent)) {
      const type = this.#files.get(parent)?.type ?? "directory";
      if (type !== "directory") throw invalidPath(path, `is below a ${type}`);
    }
  }

  /** Returns the file that a link names. */
  #targetOf({ path, linkName }: Planned): Planned {
    const target = this.#files.get(requireLayerPath(linkName ?? ""));
    if (target !== undefined && target.type !== "directory" && target.type !== "link") return target;
    throw invalidPath(path, "is a link to something that is not a file of the layer");
  }

  /**
   * Gives the content of a file to the first of its names, and makes the others links to it, with the same attributes. So a link
   * comes after its target, and directories stay together.
   */
  #orderLinks(): void {
    const links = [...this.#files.values()].filter(({ type }) => type === "link");
    const firsts: Map<Planned, string> = new Map();
    const targets = links.map((link) => [link, this.#targetOf(link)] as const);
    for (const [{ path }, target] of targets) {
      const first = firsts.get(target) ?? target.path;
      firsts.set(target, compareKeys(sortKeyOf(path), sortKeyOf(first)) < 0 ? path : first);
    }
    const link = (path: string, target: Planned): void => {
      const linkName = firsts.get(target);
      const asLink = {
        ...target,
        path,
        type: "link",
        linkName,
        content: undefined,
        size: undefined,
      } as const;
      this.#files.set(path, path === linkName ? { ...target, path } : asLink);
    };
    for (const [{ path }, target] of targets) link(path, target);
    for (const target of firsts.keys()) link(target.path, target);
  }

  /** Returns the entries, sorted by path. */
  #inOrder(): readonly Planned[] {
    const { mtime = 0 } = this.#options;
    const whiteouts = Array.from(this.#whiteouts, (path): Planned => ({ path, type: "file", mtime }));
    const sorted = [...this.#files.values(), ...whiteouts]
      .map((entry) => ({ entry, key: sortKeyOf(entry.path) }))
      .sort((one, other) => compareKeys(one.key, other.key));
    return sorted.map(({ entry }) => (entry.path === "" ? { ...entry, path: "./" } : entry));
  }
}
