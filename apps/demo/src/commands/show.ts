import type { ManifestListing } from "@ocilayout/layout-core";
import { collect, isRegistryError, manifestKind } from "@ocilayout/oci-types";

import type { Output } from "../output/output.ts";
import { writeJson, writeText } from "../output/output.ts";
import type { OpenTarget } from "../target/open.ts";
import { withTarget } from "../target/open.ts";
import { requireReference, resolveTarget } from "../target/reference.ts";
import { drawTree } from "../tree/draw.ts";
import { growTree } from "../tree/grow.ts";
import type { Tree } from "../tree/node.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { withPath } from "./path.ts";

/** `ocilayout show`: what a manifest, or everything in a layout, consists of. */
export const show: Command = defineCommand({
  usage: "show <path>",
  summary: "Draw what a manifest consists of, and what refers to it",
  examples: [
    ["$0 show images", "Everything in the layout images"],
    ["$0 show images/team/app:v1", "One tag"],
    ["$0 show images/team/app:v1 --json | jq '.nodes[].size'", "The size of each part"],
  ],
  options: (parser) => withPath(parser, "A layout, a repository, a tag or a digest"),
  run: (args, { output, signal }) =>
    withTarget(args, "read", async (target) => {
      const draw = (tree: Tree): Promise<void> => write(output, tree, args.json);
      if ((target.tag ?? target.digest) !== undefined) {
        await draw(await showOne(target, signal));
        return undefined;
      }
      const { registry } = target;
      const repositories = target.path === target.directory ? await collect(registry.repositories({ signal })) : [target.repository];
      for (const repository of repositories) await showAll(target, repository, signal, draw);
      return undefined;
    }),
});

async function showOne(target: OpenTarget, signal: AbortSignal): Promise<Tree> {
  const { registry, repository } = target;
  const reference = requireReference(target);
  const { digest } = await resolveTarget(target, { signal });
  const tags = "tag" in reference ? [reference.tag] : [];
  return { repository, tags, nodes: await growTree(registry, repository, digest, { signal }) };
}

/** Each manifest that is tagged, then those that stand in no tree yet: the indexes first, which may contain others. */
async function showAll(
  { registry }: OpenTarget,
  repository: string,
  signal: AbortSignal,
  draw: (tree: Tree) => Promise<void>,
): Promise<void> {
  const listings = await collect(registry.manifests(repository, { signal }));
  const shown: Set<string> = new Set();
  for (const { descriptor, tags } of listings.sort(compare)) {
    if (tags.length === 0 && shown.has(descriptor.digest)) continue;
    const nodes = await growTree(registry, repository, descriptor.digest, { signal }).catch((error: unknown) => {
      if (!isRegistryError(error)) throw error;
      // What cannot be read is still there, and hides nothing else.
      const state = error.code === "MANIFEST_UNKNOWN" ? ("missing" as const) : ("damaged" as const);
      const { mediaType, digest, size } = descriptor;
      return [{ depth: 0, role: roleOf(mediaType), state, mediaType, digest, size }];
    });
    for (const { digest } of nodes) shown.add(digest);
    await draw({ repository, tags, nodes });
  }
}

function roleOf(mediaType: string): "index" | "manifest" | "other" {
  const kind = manifestKind(mediaType);
  return kind === "opaque" ? "other" : kind;
}

function compare(a: ManifestListing, b: ManifestListing): number {
  const rank = ({ descriptor, tags }: ManifestListing): string =>
    tags[0] === undefined ? `2 ${manifestKind(descriptor.mediaType) === "index" ? 0 : 1}` : `1 ${tags[0]}`;
  return rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0;
}

async function write(output: Output, tree: Tree, json: boolean): Promise<void> {
  if (json) return writeJson(output, tree);
  for (const line of drawTree(tree)) await writeText(output, line);
}
