import type { CheckedDigest } from "@ocilayout/oci-types";
import type { Draft } from "../index-json/draft.ts";
import type { Entry } from "../index-json/entry.ts";
import { isForeign, isLeftUntagged } from "../index-json/entry.ts";
import { pauseIfDue } from "@ocilayout/oci-backend";
import type { GraphReadOptions, ManifestGraph } from "../manifests/manifest-graph.ts";

/** The rules of {@link dropUntagged}. */
export interface UntaggedRule {
  /** Whether a manifest is old enough to be removed. A manifest that was just pushed may be about to get a tag. */
  readonly isOld: (digest: CheckedDigest) => boolean;
  /** Whether nameless entries that another tool wrote may be removed too. */
  readonly foreignToo: boolean;
  /** Called for each manifest that cannot be read now. Throws to remove nothing. */
  readonly onUnreadable: GraphReadOptions["onUnreadable"];
}

/**
 * Removes untagged entries that no tag reaches, and that are not referrers, directly or indirectly, of a manifest that
 * stays. An entry with an unreadable name always stays.
 */
export async function dropUntagged(
  graph: ManifestGraph,
  draft: Draft,
  { isOld, foreignToo, onUnreadable }: UntaggedRule,
): Promise<void> {
  const mayGo = (entry: Entry): boolean =>
    entry.tag === undefined &&
    entry.unreadableName === undefined &&
    (foreignToo || isLeftUntagged(entry)) &&
    isOld(entry.digest);
  const repositories: Map<string, Entry[]> = new Map();
  for (const entry of draft.all()) {
    if (isForeign(entry)) continue;
    const entries = repositories.get(entry.repository);
    if (entries === undefined) repositories.set(entry.repository, [entry]);
    else entries.push(entry);
  }
  // Do everything that may fail before the first change.
  for (const repository of repositories.keys()) await graph.read(draft, repository, "all", { onUnreadable });
  for (const [repository, entries] of repositories) {
    await pauseIfDue();
    const kept = await keep(
      graph,
      draft,
      repository,
      entries.filter((entry) => !mayGo(entry)),
    );
    for (const entry of entries) {
      await pauseIfDue();
      if (!kept.has(entry.digest)) draft.replace(entry, undefined);
    }
  }
}

/** Returns what stays because of `roots`: the manifests that they contain, and the referrers of all of these. */
async function keep(
  graph: ManifestGraph,
  draft: Draft,
  repository: string,
  roots: readonly Entry[],
): Promise<Set<string>> {
  const kept: Set<string> = new Set();
  const waiting: string[] = roots.map(({ digest }) => digest);
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (kept.has(digest)) continue;
    await pauseIfDue();
    kept.add(digest);
    for (const child of graph.store.peek(digest)?.children ?? []) waiting.push(child.digest);
    for (const referrer of graph.referrers(draft, repository, digest)) waiting.push(referrer.digest);
  }
  return kept;
}
