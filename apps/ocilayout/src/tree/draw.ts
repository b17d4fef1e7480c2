import { annotationKeys } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { formatSize, printable, shorten } from "../output/text.ts";
import type { Tree, TreeNode } from "./node.ts";

/**
 * Yields the lines of a tree: the root with its name, then each node with its annotations.
 *
 * @param repository - The displayed name of the repository.
 */
export function* drawTree(
  { tags, unreadableNames = [], nodes }: Tree,
  repository: string,
): Generator<string, void, undefined> {
  const lasts = findLasts(nodes);
  // Whether the branch of each level continues below.
  const open: boolean[] = [];
  for (const [place, node] of nodes.entries()) {
    const { depth } = node;
    open.length = depth;
    const before = open.slice(1).map(rail).join("");
    const isLast = lasts[place] === true;
    const name =
      tags.length > 0 ? `${repository}:${tags.join(",")}` : `${repository}@${shorten(node.digest)}`;
    yield depth === 0
      ? `${name}  ${describe(node)}${unreadableNames.map((it) => `  named ${excerpt(it)}`).join("")}`
      : `${before}${isLast ? "└─ " : "├─ "}${describe(node)}`;
    open.push(!isLast);
    const hasParts = (nodes[place + 1]?.depth ?? 0) > depth;
    const below = `${open.slice(1).map(rail).join("")}${hasParts ? "│  " : "   "}`;
    for (const line of annotationLines(node)) yield `${below}${line}`;
  }
}

function rail(goesOn: boolean): string {
  return goesOn ? "│  " : "   ";
}

/** Returns for each node whether it is the last of its siblings. */
function findLasts(nodes: readonly TreeNode[]): boolean[] {
  const lasts: boolean[] = [];
  const siblings: boolean[] = [];
  for (let place = nodes.length - 1; place >= 0; place -= 1) {
    const depth = nodes[place]?.depth ?? 0;
    siblings.length = Math.min(siblings.length, depth + 1);
    lasts[place] = siblings[depth] !== true;
    siblings[depth] = true;
  }
  return lasts;
}

function describe(node: TreeNode): string {
  const { role, digest, size, platform, state } = node;
  const kind = node.artifactType ?? node.mediaType;
  const title = node.annotations?.[annotationKeys.title];
  const said = state === "read" || state === "listed" ? undefined : `(${state})`;
  const parts = [role, shorten(digest), formatSize(size), platform, kind, title, said];
  return parts.flatMap((part) => (part === undefined ? [] : [printable(part)])).join("  ");
}

/** Yields the annotations, except the title, which is in the line of the node. */
function* annotationLines({ annotations = {} }: TreeNode): Generator<string, void, undefined> {
  for (const [key, value] of Object.entries(annotations)) {
    if (key !== annotationKeys.title) yield `${printable(key)} = ${printable(value)}`;
  }
}
