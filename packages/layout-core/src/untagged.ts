import type { Draft } from "./draft.ts";
import type { Entry } from "./entry.ts";
import { isForeign } from "./entry.ts";
import type { GraphReadOptions, ManifestGraph } from "./manifest-graph.ts";

/**
 * Removes the untagged entries that no tag reaches and that are no referrer, of however many steps, of what stays.
 *
 * @param isOld - Whether a manifest is old enough to go: one that was pushed just now may be about to be tagged.
 * @param onUnreadable - Given each manifest that cannot be read now; throws if nothing is to be removed then.
 */
export async function dropUntagged(
  graph: ManifestGraph,
  draft: Draft,
  isOld: (digest: string) => boolean,
  onUnreadable: GraphReadOptions["onUnreadable"],
): Promise<void> {
  const repositories: Map<string, Entry[]> = new Map();
  for (const entry of draft.all()) {
    if (isForeign(entry)) continue;
    const entries = repositories.get(entry.repository);
    if (entries === undefined) repositories.set(entry.repository, [entry]);
    else entries.push(entry);
  }
  // Everything that may fail comes before the first change.
  for (const repository of repositories.keys()) await graph.read(draft, repository, "all", { onUnreadable });
  for (const [repository, entries] of repositories) {
    const kept = keep(graph, draft, repository, entries.filter(({ tag, digest }) => tag !== undefined || !isOld(digest)));
    for (const entry of entries) if (!kept.has(entry.digest)) draft.replace(entry, undefined);
  }
}

/** What stays because of `roots`: what they contain, and what is about any of that. */
function keep(graph: ManifestGraph, draft: Draft, repository: string, roots: readonly Entry[]): Set<string> {
  const kept: Set<string> = new Set();
  const waiting: string[] = roots.map(({ digest }) => digest);
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (kept.has(digest)) continue;
    kept.add(digest);
    for (const child of graph.store.peek(digest)?.children ?? []) waiting.push(child.digest);
    for (const referrer of graph.referrers(draft, repository, digest)) waiting.push(referrer.digest);
  }
  return kept;
}
