import type { WalkStep } from "@ocilayout/oci-image";
import type { Annotations } from "@ocilayout/oci-types";

/**
 * One thing in the tree below a manifest. Trees are flat lists, each node before what is below it: hostile ones may be
 * deeper than a stack.
 */
export interface TreeNode {
  /** How far it is from the root, which is 0. */
  readonly depth: number;
  /** The manifest that it belongs to; of the root none. */
  readonly parent?: string | undefined;
  /** What it is to its parent. */
  readonly role: WalkStep["role"] | "referrer";
  /** `WalkStep.state`; `"unreadable"` if the system did not let it be read. */
  readonly state: WalkStep["state"] | "unreadable";
  readonly mediaType: string;
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  /** `os/architecture[/variant]`, where the index says it. */
  readonly platform?: string | undefined;
  readonly artifactType?: string | undefined;
  /** Those of the descriptor and of the manifest; the manifest's own count. */
  readonly annotations?: Annotations | undefined;
}

/** The tree below a manifest. */
export interface Tree {
  readonly repository: string;
  /** The tags that were asked for, or all that point at it. */
  readonly tags: readonly string[];
  /** Its names in `index.json` that cannot be read as a repository and a tag. */
  readonly unreadableNames?: readonly string[] | undefined;
  /** The root first. */
  readonly nodes: readonly TreeNode[];
}
