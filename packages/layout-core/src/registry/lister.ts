import type { Backend } from "@ocilayout/oci-backend";
import { asReferrer } from "@ocilayout/oci-backend";
import { manifestKind } from "@ocilayout/oci-types";

import { storageError } from "../disk/storage-error.ts";
import type { EntryTable } from "../index-json/entry-table.ts";
import type { StoredManifest } from "../manifests/stored-manifest.ts";
import type { LayoutView } from "./layout-view.ts";
import { selectPage } from "./select-page.ts";

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
 * Whether a manifest with a subject counts as a referrer. Content without a media type of its own that was pushed under
 * an unknown type has no subject.
 */
function isReferrer(table: EntryTable, repository: string, manifest: StoredManifest): boolean {
  if (manifest.isTyped) return true;
  const [entry] = table.withDigest(repository, manifest.digest);
  return entry === undefined || entry.mediaType === "" || manifestKind(entry.mediaType) !== "opaque";
}
