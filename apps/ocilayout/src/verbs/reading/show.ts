import type { ManifestListing } from "@ocilayout/layout-core";
import { collect, isRegistryError, manifestKind } from "@ocilayout/oci-types";

import type { Output } from "../../output/output.ts";
import { writeJson, writeText } from "../../output/output.ts";
import { countOf } from "../../output/text.ts";
import { required } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { listManifests } from "../../places/manifests.ts";
import { withPlace } from "../../places/open.ts";
import { isDigest, placeOf, resolvePlace } from "../../places/reference.ts";
import type { OpenTarget } from "../../places/target.ts";
import { drawTree } from "../../tree/draw.ts";
import { growTree } from "../../tree/grow.ts";
import type { Tree, TreeNode } from "../../tree/node.ts";

/** `ocilayout show`: draws a manifest, or everything in a layout, as a tree. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A layout, an archive, a repository, a tag or a digest") },
  options: {},
  examples: [
    ["ocilayout show images", "Draw everything in the layout images"],
    ["ocilayout show images/team/app:v1", "Draw one tag"],
    ["ocilayout show images/team/app:v1 --json | jq '.nodes[].size'", "Print the size of each part"],
  ],
  run: ({ path, places, json }, { output, signal }) =>
    withPlace(path, places, { purpose: "read", signal, output }, async (target) => {
      const draw = (tree: Tree): Promise<void> =>
        json ? writeJson(output, tree) : write(output, tree, shownName(target, tree));
      if ((target.tag ?? target.digest) !== undefined) {
        await draw(await showOne(target, signal));
        return undefined;
      }
      const repositories = target.isWhole
        ? await collect(target.registry.repositories({ signal }))
        : [target.repository];
      let unreadable = 0;
      const count = async (tree: Tree): Promise<void> => {
        if (tree.nodes.some(({ state }) => state === "unreadable")) unreadable += 1;
        await draw(tree);
      };
      for (const repository of repositories) await showAll(target, repository, signal, count);
      if (unreadable === 0) return undefined;
      await output.note(
        `ocilayout: cannot read ${countOf(unreadable, "manifest")}: ocilayout cat PATH@DIGEST prints the reason`,
      );
      return 1;
    }),
});

async function showOne(target: OpenTarget, signal: AbortSignal): Promise<Tree> {
  const place = await placeOf(target, { signal });
  const { registry, repository, reference } = place;
  const { digest } = await resolvePlace(place, { signal });
  const tags = isDigest(reference) ? [] : [reference];
  return { repository, tags, nodes: await growTree(registry, repository, digest, { signal }) };
}

/** Draws each tagged manifest, then those that are in no tree yet. Indexes come first, because they may contain others. */
async function showAll(
  { registry }: OpenTarget,
  repository: string,
  signal: AbortSignal,
  draw: (tree: Tree) => Promise<void>,
): Promise<void> {
  const listings = await collect(listManifests(registry, repository, { signal }));
  const shown: Set<string> = new Set();
  for (const { descriptor, tags, unreadableNames } of listings.sort(compare)) {
    if (tags.length + unreadableNames.length === 0 && shown.has(descriptor.digest)) continue;
    const nodes = await growTree(registry, repository, descriptor.digest, { signal }).catch(
      (error: unknown) => {
        if (!isRegistryError(error)) throw error;
        // An unreadable manifest is shown as one node, and does not hide the others.
        const state = STATES.get(error.code) ?? "damaged";
        const { mediaType, digest, size } = descriptor;
        return [{ depth: 0, role: roleOf(mediaType), state, mediaType, digest, size }];
      },
    );
    for (const { digest } of nodes) shown.add(digest);
    await draw({ repository, tags, ...(unreadableNames.length === 0 ? {} : { unreadableNames }), nodes });
  }
}

/** The states of manifests that cannot be read, by error code. Other codes mean "damaged". */
const STATES: ReadonlyMap<string, TreeNode["state"]> = new Map([
  ["MANIFEST_UNKNOWN", "missing"],
  ["STORAGE_FAILED", "unreadable"],
]);

function roleOf(mediaType: string): "index" | "image" | "other" {
  const kind = manifestKind(mediaType);
  return kind === "opaque" ? "other" : kind;
}

function compare(a: ManifestListing, b: ManifestListing): number {
  const rank = ({ descriptor, tags }: ManifestListing): string =>
    tags[0] === undefined ? `2 ${manifestKind(descriptor.mediaType) === "index" ? 0 : 1}` : `1 ${tags[0]}`;
  return rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0;
}

/**
 * Returns the name of a tree's repository, so that it means the same when it is typed again. In a directory of layouts the
 * name begins with the directory, unless the command was given the whole directory.
 */
function shownName({ kind, path, directory, isWhole }: OpenTarget, { repository }: Tree): string {
  const isMarked = path.replace(/^tree:/, "").startsWith(`${directory}//`);
  return kind !== "tree" || isWhole || directory === "." || isMarked
    ? repository
    : `${directory}/${repository}`;
}

async function write(output: Output, tree: Tree, name: string): Promise<void> {
  for (const line of drawTree(tree, name)) await writeText(output, line);
}
