import type { Backend, ListCall } from "@ocilayout/oci-backend";
import { asReferrer, pauseIfDue } from "@ocilayout/oci-backend";
import type { Descriptor } from "@ocilayout/oci-types";
import { manifestKind } from "@ocilayout/oci-types";

import { storageError } from "../disk/storage-error.ts";
import type { Entry } from "../index-json/entry.ts";
import { fullNameOf } from "../index-json/entry.ts";
import type { EntryTable } from "../index-json/entry-table.ts";
import { mayContain } from "../index-json/entry-table.ts";
import { plainDescriptor } from "../manifests/manifest-graph.ts";
import type { StoredManifest } from "../manifests/stored-manifest.ts";
import type { LayoutView } from "./layout-view.ts";
import { selectPage } from "./select-page.ts";

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

/** Implements the lists of a backend on a layout. */
export function listerOf(
  layout: Pick<LayoutView, "graph" | "index">,
): Required<Pick<Backend, "tags" | "referrers" | "repositories">> {
  const { graph, index } = layout;
  return {
    async tags(call) {
      const table = await index.read();
      return table.has(call.repository) ? selectPage(table.tags(call.repository), call).values() : undefined;
    },
    async repositories(call) {
      return selectPage((await index.read()).repositories(), call).values();
    },
    async referrers({ repository, digest, signal }) {
      const table = await index.read();
      try {
        await graph.read(table, repository, "all", { signal });
      } catch (error) {
        throw storageError(error, "read manifests");
      }
      const found = graph.referrers(table, repository, digest);
      return found
        .filter((manifest) => isReferrer(table, repository, manifest))
        .map((manifest) => asReferrer(manifest, manifest));
    },
  };
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

/**
 * Whether a manifest with a subject counts as a referrer. Content without a media type of its own that was pushed under
 * an unknown type has no subject.
 */
function isReferrer(table: EntryTable, repository: string, manifest: StoredManifest): boolean {
  if (manifest.isTyped) return true;
  const [entry] = table.withDigest(repository, manifest.digest);
  return entry === undefined || entry.mediaType === "" || manifestKind(entry.mediaType) !== "opaque";
}
