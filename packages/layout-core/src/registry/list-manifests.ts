import type { ListCall } from "@ocilayout/oci-backend";
import { pauseIfDue } from "@ocilayout/oci-backend";
import type { Descriptor } from "@ocilayout/oci-types";

import { storageError } from "../disk/storage-error.ts";
import type { Entry } from "../index-json/entry.ts";
import { fullNameOf } from "../index-json/entry.ts";
import type { EntryTable } from "../index-json/entry-table.ts";
import { mayContain } from "../index-json/repository-entries.ts";
import { plainDescriptor } from "../manifests/manifest-graph.ts";
import type { LayoutView } from "./layout-view.ts";

/** A manifest of a repository, and its tags. */
export interface ManifestListing {
  /** Media type, digest and size. */
  readonly descriptor: Descriptor;
  /** In code-unit order. Empty if the manifest is untagged or only an index contains it. */
  readonly tags: readonly string[];
  /**
   * Names in `index.json` that are neither a tag nor a repository, as another tool wrote them. These entries are found
   * by digest.
   */
  readonly unreadableNames: readonly string[];
}

/**
 * Lists every manifest of a repository, including those that its indexes contain. Returns `undefined` if the repository
 * does not exist.
 */
export async function listManifests(
  { graph, index }: Pick<LayoutView, "graph" | "index">,
  { repository, signal }: Pick<ListCall, "repository" | "signal">,
): Promise<readonly ManifestListing[] | undefined> {
  const table = await index.read();
  if (!table.has(repository)) return undefined;
  const found: Map<string, ManifestListing> = new Map();
  // Read the table at once: it may change during any await.
  const named = listNamed(table, repository);
  try {
    const indexes: Entry[] = [];
    for (const { entries, tags } of named) {
      await pauseIfDue();
      const [entry] = entries;
      if (entry === undefined) continue;
      found.set(entry.digest, {
        descriptor: await graph.describe(entry),
        tags,
        unreadableNames: unreadableNames(entries),
      });
      if (mayContain(entry.mediaType)) indexes.push(entry);
    }
    for await (const manifest of graph.contained(indexes)) {
      signal?.throwIfAborted();
      if (found.has(manifest.digest)) continue;
      found.set(manifest.digest, { descriptor: plainDescriptor(manifest), tags: [], unreadableNames: [] });
    }
  } catch (error) {
    throw storageError(error, "read manifests");
  }
  return [...found.values()];
}

/**
 * Groups the entries of a repository by digest, each with its tags. If several entries have the same tag, it belongs to
 * the first.
 */
function listNamed(
  table: EntryTable,
  repo: string,
): { readonly entries: readonly Entry[]; readonly tags: string[] }[] {
  return table.digests(repo).map((digest) => {
    const entries = [...table.withDigest(repo, digest)];
    const tags: Set<string> = new Set();
    for (const { tag } of entries) {
      if (tag === undefined) continue;
      const [first] = table.tagged(repo, tag);
      if (first?.digest === digest) tags.add(tag);
    }
    return { entries, tags: [...tags].sort() };
  });
}

function unreadableNames(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap((entry) => (entry.unreadableName === undefined ? [] : (fullNameOf(entry) ?? [])));
}
