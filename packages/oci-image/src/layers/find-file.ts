import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { joinNames, type PathNames } from "./tree/entry-path.ts";
import type { ImageFile } from "./tree/image-file.ts";
import { isLowerLink, type LayerDirectory, type LowerLink } from "./tree/layer-directory.ts";
import { withoutTarget } from "./tree/lower-links.ts";
import { PathSearch } from "./tree/path-search.ts";
import { MAX_LINKS } from "./tree/walk-layer.ts";

/** Returns the tree of a layer, or `undefined` below the lowest one. A tree that ends at `path` is enough. */
export type GetTree = (layer: number, path: string) => Promise<LayerDirectory | undefined>;

/** A file, and the number of the layer that has its content. Layer 0 is the highest. */
export interface FoundFile {
  readonly file: ImageFile;
  readonly layer: number;
}

type FoundPath = ({ readonly at: number } & FoundFile) | "directory" | "missing";

/**
 * Finds a file, from the highest layer down. Follows symlinks within the root, as Linux does.
 *
 * @throws `RegistryError` `FILE_UNKNOWN` if the image has no such file, or something else at the path.
 */
export async function findFile(path: string, getTree: GetTree): Promise<FoundFile> {
  let base: PathNames = [];
  let rest = partsOf(path);
  let links = 0;
  for (;;) {
    const up = rest.indexOf("..");
    if (up === 0) {
      base = base.slice(0, -1);
      rest = rest.slice(1);
      continue;
    }
    const names: PathNames = [...base, ...(up < 0 ? rest : rest.slice(0, up))];
    const found = await findPath(names, getTree);
    if (found === "missing") throw unknown(path, "does not exist");
    if (found === "directory") {
      if (up < 0) throw unknown(path, "is a directory");
      base = names;
      rest = rest.slice(up);
      continue;
    }
    const { file, at } = found;
    const isLast = at === names.length - 1;
    if (file.linkName === undefined) {
      if (!isLast || up >= 0) throw unknown(path, "does not exist: a directory above it is a file");
      if (file.type !== "file") throw unknown(path, `is a ${file.type}`);
      return found;
    }
    links += 1;
    if (links > MAX_LINKS) throw unknown(path, `is behind more than ${MAX_LINKS} symlinks`);
    base = file.linkName.startsWith("/") ? [] : names.slice(0, at);
    rest = [...partsOf(file.linkName), ...names.slice(at + 1), ...(up < 0 ? [] : rest.slice(up))];
  }
}

/** Finds the first file on the way to a path. `at` is the position of its name. */
async function findPath(names: PathNames, getTree: GetTree): Promise<FoundPath> {
  const path = joinNames(names);
  let search = new PathSearch(names);
  let link: LowerLink | undefined;
  let at: number | undefined;
  for (let layer = 0; ; layer += 1) {
    const root = await getTree(layer, path);
    const result = root === undefined ? undefined : search.in(root);
    if (result?.kind === "below") continue;
    if (link !== undefined && (result?.kind !== "leaf" || result.at < link.target.length - 1))
      throw withoutTarget(link);
    if (result?.kind !== "leaf") return result?.kind === "directory" ? "directory" : "missing";
    const { leaf } = result;
    at ??= result.at;
    if (!isLowerLink(leaf)) return { file: leaf, layer, at };
    link = leaf;
    search = new PathSearch(link.target);
  }
}

/** Splits a path into its names. `..` stays, because the name before it can be a symlink. */
function partsOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function unknown(path: string, reason: string): RegistryError {
  return new RegistryError("FILE_UNKNOWN", `${excerpt(path)} ${reason} in the image`, { detail: { path } });
}
