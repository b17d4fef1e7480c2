import type { CallOptions, Digest } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { Draft } from "../index-json/draft.ts";
import type { EntryTable } from "../index-json/entry-table.ts";
import type { Layout } from "../layout/layout.ts";
import { rootsOf } from "../manifests/layout-roots.ts";
import type { UnreadableManifest } from "../manifests/manifest-store.ts";
import type { Sharers } from "../layout/shared-layouts.ts";
import type { ManifestRoot } from "../manifests/stored-manifest.ts";

/** The digests that the layouts need, and the revisions of their indexes that this is true for. */
export interface Mark {
  readonly revisions: readonly object[];
  readonly needed: ReadonlySet<string>;
}

type Entries = Pick<Draft | EntryTable, "all" | "revision">;

/**
 * Finds everything that the entries of all `sharers` reach. Fails if a manifest cannot be read, because its references
 * are unknown.
 *
 * @param entriesOf - Entries to start from, instead of those of the layout's index.
 */
export async function findNeeded(
  sharers: Sharers,
  options: CallOptions,
  from: "memory" | "fresh" = "memory",
  entriesOf: (sharer: Layout, at: number) => Entries | undefined = () => undefined,
): Promise<Mark> {
  const revisions: object[] = [];
  const needed: Set<string> = new Set();
  const damaged: Digest[] = [];
  const onUnreadable = ({ digest }: ManifestRoot, why: UnreadableManifest): void => {
    requireKnown(digest, why);
    damaged.push(digest);
  };
  for (const [at, sharer] of sharers.entries()) {
    const entries = entriesOf(sharer, at) ?? (await sharer.index.read());
    revisions.push(entries.revision);
    for (const { digest } of rootsOf(entries)) needed.add(digest);
    for await (const manifest of sharer.graph.reachable(rootsOf(entries), onUnreadable, from)) {
      options.signal?.throwIfAborted();
      needed.add(manifest.digest);
      for (const { digest } of [...manifest.children, ...manifest.parts]) needed.add(digest);
    }
  }
  if (damaged.length === 0) return { revisions, needed };
  throw new RegistryError(
    "LAYOUT_INVALID",
    `cannot collect garbage: manifest ${damaged[0] ?? ""} is damaged, so its references are unknown; push it again, or delete it`,
    {
      detail: { damaged: damaged.sort() },
    },
  );
}

/**
 * Fails with `STORAGE_FAILED` if the system refused to let a manifest be read. Its references are unknown, but a retry
 * may succeed.
 */
export function requireKnown(digest: string, { reason, cause }: UnreadableManifest): void {
  if (cause === undefined) return;
  throw new RegistryError(
    "STORAGE_FAILED",
    `cannot collect garbage: cannot read manifest ${digest} (${reason}), so its references are unknown`,
    {
      cause,
    },
  );
}
