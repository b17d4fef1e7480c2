import type { ImageFile } from "./tree/image-file.ts";
import { LayerDirectory, type LowerLink } from "./tree/layer-directory.ts";
import type { Budget } from "./limits.ts";

/** A file that is visible in the image: the facts, or a hard link whose target is in a lower layer. */
export type Visible = ImageFile | LowerLink;

/** The part of the lower layers that the layers so far hide at one path. */
type Covered = CoveredDirectory | typeof HIDDEN;

/** Everything at the path and below it is hidden. */
const HIDDEN = "hidden";

/** A directory of the layers so far. */
class CoveredDirectory {
  readonly children: Map<string, Covered> = new Map();
  /**
   * - `"none"`: there are only whiteouts, so a lower layer decides whether it is a directory.
   * - `"wanted"`: it is a directory whose facts are in a lower layer.
   * - `"implied"`: it is a directory without facts.
   * - `"found"`: its facts are known.
   */
  facts: "none" | "wanted" | "implied" | "found" = "none";
  /** Whether the content of lower layers is hidden. */
  isOpaque = false;
  /** The layer that implies the directory. */
  layer: string;

  constructor(layer: string) {
    this.layer = layer;
  }
}

/** The estimated memory for a covered path, and for a directory, in bytes. */
const PATH_BYTES = 100;
const DIRECTORY_BYTES = 250;

/** The paths that the layers so far cover. Layers are added from the top down. */
export class CoveredPaths {
  readonly #root: CoveredDirectory = new CoveredDirectory("");
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Adds a layer. Returns its files that no higher layer hides. */
  add(root: LayerDirectory, layer: string): Visible[] {
    const visible: Visible[] = [];
    this.#addDirectory(root, this.#root, layer, visible);
    return visible;
  }

  /** Returns the paths of the directories without facts, and the layers that imply them. Call it after the lowest layer. */
  *implied(): Generator<{ readonly path: string; readonly layer: string }, void, undefined> {
    const waiting: { path: string; directory: CoveredDirectory }[] = [{ path: "/", directory: this.#root }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { path, directory } = next;
      if (directory.facts === "wanted" || directory.facts === "implied")
        yield { path, layer: directory.layer };
      const prefix = path === "/" ? path : `${path}/`;
      for (const [name, child] of directory.children)
        if (child !== HIDDEN) waiting.push({ path: prefix + name, directory: child });
    }
  }

  /** Merges trees without recursion: a hostile path can have thousands of names. */
  #addDirectory(root: LayerDirectory, covered: CoveredDirectory, layer: string, visible: Visible[]): void {
    const waiting: (readonly [LayerDirectory, CoveredDirectory])[] = [[root, covered]];
    const entered: (readonly [LayerDirectory, CoveredDirectory])[] = [];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      entered.push(next);
      const [directory, cover] = next;
      if (directory.isReal && (cover.facts === "none" || cover.facts === "wanted")) {
        cover.layer = layer;
        cover.facts = directory.file === undefined ? "wanted" : "found";
        if (directory.file !== undefined) visible.push(directory.file);
      }
      if (cover.isOpaque) continue;
      for (const [name, child] of directory.children) {
        const below = this.#cover(cover, name, child, layer, visible);
        if (below !== undefined) waiting.push(below);
      }
    }
    // Whiteouts hide only files of lower layers, so they come last.
    for (const [directory, cover] of entered) this.#hide(directory, cover);
  }

  /** Covers one child. Returns the directories to merge, if it is a visible directory. */
  #cover(
    parent: CoveredDirectory,
    name: string,
    child: LayerDirectory | Visible,
    layer: string,
    visible: Visible[],
  ): readonly [LayerDirectory, CoveredDirectory] | undefined {
    const cover = parent.children.get(name);
    if (cover === HIDDEN) return undefined;
    if (child instanceof LayerDirectory) {
      if (cover !== undefined) return [child, cover];
      const added = new CoveredDirectory(layer);
      this.#set(parent, name, added, DIRECTORY_BYTES);
      return [child, added];
    }
    if (cover !== undefined && cover.facts !== "none") {
      // A directory of a higher layer replaces the file, and hides everything that the file hides.
      cut(cover);
      return undefined;
    }
    this.#set(parent, name, HIDDEN, PATH_BYTES);
    visible.push(child);
    return undefined;
  }

  #hide(directory: LayerDirectory, cover: CoveredDirectory): void {
    if (cover.isOpaque) return;
    for (const name of directory.whiteouts ?? []) {
      const child = cover.children.get(name);
      if (child === undefined || (child !== HIDDEN && child.facts === "none"))
        this.#set(cover, name, HIDDEN, PATH_BYTES);
      else if (child !== HIDDEN) cut(child);
    }
    if (directory.isOpaque) cover.isOpaque = true;
  }

  #set(parent: CoveredDirectory, name: string, child: Covered, bytes: number): void {
    this.#budget.addTreeBytes(bytes + 2 * name.length);
    parent.children.set(name, child);
  }
}

/** Ends a directory: lower layers add neither content nor facts. */
function cut(directory: CoveredDirectory): void {
  directory.isOpaque = true;
  if (directory.facts === "wanted") directory.facts = "implied";
}
