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

  constructor(names: PathNames) {
    this.names = names;
  }

  /** Searches in the next layer. */
  in(root: LayerDirectory): SearchResult {
    let directory = root;
    let directories = 0;
    let isCut = false;
    for (const [at, name] of this.names.entries()) {
      isCut ||= directory.isOpaque || directory.whiteouts?.has(name) === true;
      const child = directory.children.get(name);
      // A directory of a higher layer replaces a file, and hides everything that the file hides.
      if (child !== undefined && !(child instanceof LayerDirectory))
        return at < this.#directories ? GONE : { kind: "leaf", leaf: child, at };
      if (child === undefined) return this.#below(isCut, directories);
      directory = child;
      if (child.isReal) directories = at + 1;
    }
    return directory.isReal ? DIRECTORY : this.#below(isCut, directories);
  }

  #below(isCut: boolean, directories: number): SearchResult {
    this.#directories = Math.max(this.#directories, directories);
    return isCut ? GONE : BELOW;
  }
}
