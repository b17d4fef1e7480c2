import { namesOf, type PathNames } from "./entry-path.ts";
import { LayerDirectory, type Leaf } from "./layer-directory.ts";

/** The maximum number of symlinks on the way to a file, as in Linux. */
export const MAX_LINKS = 40;

/** The way from the root of a layer to a directory. */
export interface Way {
  /** The directory. Absent if the layer does not have it. */
  readonly directory?: LayerDirectory | undefined;
  /** Whether a file of the layer is on the way, so the directory cannot exist. */
  readonly isBlocked: boolean;
  /** The names of the directory, without symlinks of this layer. */
  readonly names: PathNames;
  /** The number of symlinks that were followed. */
  readonly links: number;
  /** The number of names that were looked up. */
  readonly steps: number;
}

/** Finds a directory. Follows symlinks of the layer on the way, within the root. */
export function findWay(root: LayerDirectory, names: PathNames): Way {
  return walk(root, names, (directory, name) => directory.children.get(name));
}

/** Finds a directory as {@link findWay} does, and creates it. If `isReal`, the directories on the way become real. */
export function createWay(root: LayerDirectory, names: PathNames, isReal: boolean): Way {
  root.isReal ||= isReal;
  return walk(root, names, (directory, name) => {
    let child = directory.children.get(name);
    if (child === undefined) {
      child = new LayerDirectory();
      directory.children.set(name, child);
    }
    if (child instanceof LayerDirectory) child.isReal ||= isReal;
    return child;
  });
}

function walk(
  root: LayerDirectory,
  names: PathNames,
  get: (directory: LayerDirectory, name: string) => Leaf | LayerDirectory | undefined,
): Way {
  const passed: LayerDirectory[] = [];
  const physical: string[] = [];
  const waiting = [...names].reverse();
  let links = 0;
  let steps = 0;
  let directory = root;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    steps += 1;
    if (name === "..") {
      passed.pop();
      physical.pop();
      directory = passed.at(-1) ?? root;
      continue;
    }
    const child = get(directory, name);
    if (child === undefined) {
      const rest = namesOf([...physical, name, ...waiting.reverse()].join("/"));
      return { isBlocked: false, names: rest, links, steps };
    }
    if (child instanceof LayerDirectory) {
      directory = child;
      passed.push(child);
      physical.push(name);
      continue;
    }
    links += 1;
    if ("target" in child || child.linkName === undefined || links > MAX_LINKS)
      return { isBlocked: true, names: physical, links, steps };
    if (child.linkName.startsWith("/")) {
      passed.length = 0;
      physical.length = 0;
      directory = root;
    }
    for (const part of child.linkName.split("/").reverse())
      if (part !== "" && part !== ".") waiting.push(part);
  }
  return { directory, isBlocked: false, names: physical, links, steps };
}
