import type { Facts, Tree } from "./trees.ts";

/** Changes the facts of all files. */
export function each(tree: Tree, change: (facts: Facts, path: string) => object): Record<string, object> {
  return Object.fromEntries(Object.entries(tree).map(([path, facts]) => [path, change(facts, path)]));
}

/**
 * Leaves out what mounts of storages do not have. These are the facts about the root, of which the layers have no entry, and hard
 * links of symlinks, which vfs copies one by one.
 */
export function asMounted(tree: Tree): object {
  const files = Object.fromEntries(Object.entries(tree).filter(([path]) => path !== "/"));
  return each(files, (facts) => (facts.type === "symlink" ? without(facts, "links") : facts));
}

/** Leaves out some of the facts. */
export function without(facts: Facts, ...names: readonly (keyof Facts)[]): object {
  return Object.fromEntries(Object.entries(facts).filter(([name]) => !names.some((other) => other === name)));
}

/** Whether Node cannot create the file. */
export const isSpecial = ({ type }: Facts): boolean => type.endsWith("device") || type === "fifo";

/** Leaves out what a user without privileges cannot create: owners, capabilities, and the devices of `image`. */
export function asRootless(tree: Tree, image: Tree): object {
  const plain = Object.entries(tree).filter(([path]) => !image[path]?.type.endsWith("device"));
  return each(Object.fromEntries(plain), (facts) => without(facts, "uid", "gid", "xattrs"));
}
