import type { TarEntryInit } from "../../src/tar.ts";

/** A file of the model. Hard links share one. */
export interface ModelFile {
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly linkName?: string | undefined;
  readonly content?: string | undefined;
  /** Whether a hard link of the current layer has taken it from a lower layer. */
  readonly isFromBelow?: boolean;
}

/** A file system: the files by absolute path. The root is `""`. */
export type ModelTree = Map<string, ModelFile>;

const IMPLIED: ModelFile = { type: "directory", size: 0, mode: 0o755 };

/** A hard link whose target is missing. */
export const DANGLING: ModelFile = { type: "dangling", size: 0, mode: 0 };

/** An image that no runtime unpacks. */
export class InvalidImage extends Error {}

/** An entry below a file of its layer. A whiteout there has no effect. */
class BlockedEntry extends InvalidImage {}

/** Applies layers, the lowest first, one after the other. */
export function applyLayers(layers: readonly (readonly TarEntryInit[])[]): ModelTree {
  let tree: ModelTree = new Map();
  for (const layer of layers) tree = applyLayer(tree, layer);
  if ([...tree.values()].includes(DANGLING)) throw new InvalidImage("dangling link");
  return tree;
}

function applyLayer(lower: ModelTree, entries: readonly TarEntryInit[]): ModelTree {
  const own: ModelTree = new Map();
  const hidden: { path: string; isOpaque: boolean }[] = [];
  for (const entry of entries) {
    const names = clean(entry.path);
    const name = names.pop();
    const isWhiteout = name?.startsWith(".wh.") === true;
    const parent = isWhiteout ? resolveOrNone(own, names) : resolve(own, names);
    if (parent === undefined) continue;
    const path = name === undefined ? "" : `${parent}/${name}`;
    if (name === ".wh..wh..opq") hidden.push({ path: parent, isOpaque: true });
    else if (isWhiteout) hidden.push({ path: `${parent}/${name.slice(4)}`, isOpaque: false });
    else {
      for (let up = parentOf(path); up !== undefined; up = parentOf(up))
        if (!own.has(up)) own.set(up, IMPLIED);
      const isReplaced = own.has(path) && own.get(path)?.type !== "directory";
      const node = entry.type === "link" ? linked(own, lower, entry.linkName ?? "") : describe(entry);
      if (node.type !== "directory") remove(own, path);
      else if (isReplaced) hidden.push({ path, isOpaque: true });
      own.set(path, node);
    }
  }
  const tree = new Map(lower);
  for (const { path, isOpaque } of hidden) {
    const kept = isOpaque ? tree.get(path) : undefined;
    remove(tree, path);
    if (kept !== undefined) tree.set(path, kept);
  }
  for (const [path, node] of [...own].sort(([one], [other]) => one.length - other.length)) {
    const below = tree.get(path);
    if (node.type !== "directory" || below?.type !== "directory") remove(tree, path);
    if (node !== IMPLIED || below?.type !== "directory") tree.set(path, node);
  }
  return tree;
}

function describe({ type = "file", mode = 0o644, size = 0, linkName, content }: TarEntryInit): ModelFile {
  const text = content === undefined ? undefined : new TextDecoder().decode(content as Uint8Array);
  const isSymlink = type === "symlink";
  return { type, size, mode: isSymlink ? 0o777 : mode, linkName, content: text };
}

function linked(own: ModelTree, lower: ModelTree, linkName: string): ModelFile {
  const names = clean(linkName);
  const name = names.pop();
  if (name === undefined) throw new InvalidImage("a link to the root");
  const path = `${resolve(own, names)}/${name}`;
  const found = own.get(path);
  if (found?.type === "directory") throw new InvalidImage("a link to a directory");
  if (found !== undefined) return found;
  const below = lower.get(path);
  if (below === undefined || below.type === "directory" || below === DANGLING) return DANGLING;
  return { ...below, isFromBelow: true };
}

/** Returns the path of a directory of a layer, whose own symlinks are followed. */
function resolve(own: ModelTree, names: readonly string[]): string {
  const rest = [...names];
  let path = "";
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === "..") {
      path = parentOf(path) ?? "";
      continue;
    }
    const next = `${path}/${name}`;
    const { type, linkName = "", isFromBelow = false } = own.get(next) ?? IMPLIED;
    if (isFromBelow) throw new BlockedEntry("an entry is behind a hard link into a lower layer");
    if (type === "symlink") {
      links += 1;
      if (links > 40) throw new InvalidImage("a loop");
      if (linkName.startsWith("/")) path = "";
      rest.unshift(...linkName.split("/").filter((part) => part !== "" && part !== "."));
    } else if (type === "directory") path = next;
    else throw new BlockedEntry("a file is above an entry");
  }
  return path;
}

/** Returns the path as {@link resolve} does, or `undefined` if a file is on the way. */
function resolveOrNone(own: ModelTree, names: readonly string[]): string | undefined {
  try {
    return resolve(own, names);
  } catch (error) {
    if (error instanceof BlockedEntry) return undefined;
    throw error;
  }
}

/** Returns the content of a file, or `undefined` if there is no such file. Symlinks are followed. */
export function contentIn(tree: ModelTree, path: string): string | undefined {
  const rest = path.split("/").filter((part) => part !== "");
  let at = "";
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === "..") {
      at = parentOf(at) ?? "";
      continue;
    }
    const found = tree.get(`${at}/${name}`);
    if (found?.type === "symlink") {
      links += 1;
      if (links > 40) return undefined;
      if (found.linkName?.startsWith("/") === true) at = "";
      rest.unshift(...(found.linkName ?? "").split("/").filter((part) => part !== "" && part !== "."));
    } else if (found?.type === "directory") at = `${at}/${name}`;
    else return rest.length === 0 && found?.type === "file" ? found.content : undefined;
  }
  return undefined;
}

function remove(tree: ModelTree, path: string): void {
  for (const other of [...tree.keys()])
    if (other === path || other.startsWith(`${path}/`)) tree.delete(other);
}

function parentOf(path: string): string | undefined {
  return path === "" ? undefined : path.slice(0, path.lastIndexOf("/"));
}

function clean(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split("/"))
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  return names;
}
