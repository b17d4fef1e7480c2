import type { PathNames } from "./entry-path.ts";
import { LayerDirectory, type Leaf } from "./layer-directory.ts";

/** The result of a search in one layer. */
export type SearchResult =
  /** The layer has a file at the path, or on the way to it: `at` is the position of its name. */
  | { readonly kind: "leaf"; readonly leaf: Leaf; readonly at: number }
  | { readonly kind: "directory" }
  /** The path does not exist, whatever is in lower layers. */
  | { readonly kind: "gone" }
  /** A lower layer decides. */
  | { readonly kind: "below" };

const DIRECTORY: SearchResult = { kind: "directory" };
const GONE: SearchResult = { kind: "gone" };
const BELOW: SearchResult = { kind: "below" };

/** Searches for a path without symlinks in one layer after the other, from the top down. */
export class PathSearch {
  readonly names: PathNames;
  /** The number of names on the way that are directories in the layers so far. */
  #directories = 0;
  /** The number of names on the way that the layers so far do not hide in lower ones. */
  #visible = Infinity;

  constructor(names: PathNames) {
    this.names = names;
  }

  /** Searches in the next layer. */
  in(root: LayerDirectory): SearchResult {
    let directory = root;
    let directories = 0;
    const visible = this.#visible;
    for (const [at, name] of this.names.entries()) {
      if (at >= visible) return this.#below(directories);
      if (directory.isOpaque || directory.whiteouts?.has(name) === true)
        this.#visible = Math.min(this.#visible, at);
      const child = directory.children.get(name);
      // A directory of a higher layer replaces a file, and hides everything that the file hides.
      if (child !== undefined && !(child instanceof LayerDirectory))
        return at < this.#directories ? GONE : { kind: "leaf", leaf: child, at };
      if (child === undefined) return this.#below(directories);
      directory = child;
      if (child.isReal) directories = at + 1;
    }
    return directory.isReal ? DIRECTORY : this.#below(directories);
  }

  /** A file above what is hidden can still be in a lower layer, unless it is a directory in a higher one. */
  #below(directories: number): SearchResult {
    this.#directories = Math.max(this.#directories, directories);
    return this.#visible <= this.#directories ? GONE : BELOW;
  }
}
