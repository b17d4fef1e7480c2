import type { ManifestSource, WalkStep } from "@ocilayout/oci-image";
import { formatPlatform, walkManifest } from "@ocilayout/oci-image";
import type { Annotations, CallOptions, RegistryLister } from "@ocilayout/oci-types";

import type { TreeNode } from "./node.ts";

type Source = ManifestSource & Pick<RegistryLister, "referrers">;

/** Returns everything below the manifest `digest`: its parts, and the referrers of each manifest, each of them once. */
export async function growTree(
  registry: Source,
  repository: string,
  digest: string,
  options: CallOptions,
): Promise<TreeNode[]> {
  const tree = new Growing(registry, repository, options);
  await tree.add(digest);
  return tree.nodes;
}

class Growing {
  readonly nodes: TreeNode[] = [];
  readonly #registry: Source;
  readonly #repository: string;
  readonly #options: CallOptions;
  readonly #met: Set<string> = new Set();

  constructor(registry: Source, repository: string, options: CallOptions) {
    this.#registry = registry;
    this.#repository = repository;
    this.#options = options;
  }

  async add(root: string, base: number = 0, parent?: string): Promise<void> {
    const open: { digest: string; depth: number }[] = [];
    const close = async (depth: number): Promise<void> => {
      for (let last = open.at(-1); last !== undefined && last.depth >= depth; last = open.at(-1)) {
        open.pop();
        await this.#addReferrers(last.digest, last.depth);
      }
    };
    const at = { registry: this.#registry, repository: this.#repository, reference: root };
    for await (const step of walkManifest(at, this.#options)) {
      const depth = base + step.depth;
      await close(depth);
      const role = step.depth === 0 && parent !== undefined ? "referrer" : step.role;
      this.nodes.push(nodeOf(step, depth, role, step.parent ?? parent));
      if (step.state === "read") this.#met.add(step.descriptor.digest);
      if (step.state === "read") open.push({ digest: step.descriptor.digest, depth });
    }
    await close(0);
  }

  async #addReferrers(digest: string, depth: number): Promise<void> {
    for await (const referrer of this.#registry.referrers(this.#repository, digest, this.#options)) {
      if (this.#met.has(referrer.digest)) {
        this.nodes.push({
          ...nodeOf({ descriptor: referrer, state: "repeated" }, depth + 1, "referrer", digest),
        });
      } else await this.add(referrer.digest, depth + 1, digest);
    }
  }
}

function nodeOf(
  { descriptor, state, manifest }: Pick<WalkStep, "descriptor" | "state" | "manifest">,
  depth: number,
  role: TreeNode["role"],
  parent: string | undefined,
): TreeNode {
  const { mediaType, digest, size, platform } = descriptor;
  const document = manifest?.document;
  const annotations: Annotations = { ...descriptor.annotations, ...document?.annotations };
  return {
    depth,
    parent,
    role,
    state,
    mediaType,
    digest,
    size,
    platform: platform === undefined ? undefined : formatPlatform(platform),
    artifactType: document?.artifactType ?? descriptor.artifactType,
    annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
  };
}
