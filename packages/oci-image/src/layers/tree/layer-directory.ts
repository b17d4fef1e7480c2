import type { PathNames } from "./entry-path.ts";
import type { ImageFile } from "./image-file.ts";

/** A hard link whose target is in a lower layer. */
export interface LowerLink {
  readonly path: string;
  /** The path of the target. */
  readonly target: PathNames;
  readonly offset: number;
}

/** A file that is not a directory. */
export type Leaf = ImageFile | LowerLink;

/** A directory of a layer. */
export class LayerDirectory {
  readonly children: Map<string, Leaf | LayerDirectory> = new Map();
  /** The facts about the directory. Absent if the layer has no entry for it. */
  file: ImageFile | undefined;
  /** Whether the layer has an entry for the directory or below it. False if it only has whiteouts there. */
  isReal = false;
  /** Whether the content of lower layers is hidden. */
  isOpaque = false;
  /** The names that are hidden in lower layers. */
  whiteouts: Set<string> | undefined;
}

/** Whether a leaf is a hard link into a lower layer. */
export function isLowerLink(leaf: Leaf): leaf is LowerLink {
  return "target" in leaf;
}
