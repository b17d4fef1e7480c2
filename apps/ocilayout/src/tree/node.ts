import type { WalkStep } from "@ocilayout/oci-image";
import type { Annotations } from "@ocilayout/oci-types";

/**
 * A node of a tree. A tree is a flat list with each node before its children, because recursion could overflow the stack on
 * hostile input.
 */
export interface TreeNode {
  /** The distance from the root, which has depth 0. */
  readonly depth: number;
  /** The digest of the parent. Absent for the root. */
  readonly parent?: string | undefined;
  /** The role of the node in its parent. */
  readonly role: WalkStep["role"] | "referrer";
  /** `WalkStep.state`, or `"unreadable"` if the storage failed. */
  readonly state: WalkStep["state"] | "unreadable";
  readonly mediaType: string;
  readonly digest: string;
  /** The size in bytes. */
  readonly size: number;
  /** `os/architecture[/variant]`, if the index has it. */
  readonly platform?: string | undefined;
  readonly artifactType?: string | undefined;
  /** The annotations of descriptor and manifest. The manifest's win. */
  readonly annotations?: Annotations | undefined;
}

/** A manifest with everything below it. */
export interface Tree {
  readonly repository: string;
  /** The tag in the path, or else all tags that point at the manifest. */
  readonly tags: readonly string[];
  /** The names in `index.json` that cannot be read as a repository and a tag. */
  readonly unreadableNames?: readonly string[] | undefined;
  /** The root first. */
  readonly nodes: readonly TreeNode[];
}
