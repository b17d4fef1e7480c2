import type { Backend, CheckedDescriptor } from "@ocilayout/oci-backend";
import { requireCurrent, stillReferenced } from "@ocilayout/oci-backend";
import type { Descriptor, Digest } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import { storageError } from "../disk/storage-error.ts";
import { Draft } from "../index-json/draft.ts";
import { keepManifests, removeManifest, untagAll } from "../index-json/index-changes.ts";
import { isReadableDigest } from "../index-json/ref-name.ts";
import type { Layout } from "../layout/layout.ts";
import type { LockedSharer } from "../layout/shared-layouts.ts";
import { findSharers, forgetIn, lockAll, ownOf } from "../layout/shared-layouts.ts";
import { rootsOf } from "../manifests/layout-roots.ts";
import { plainDescriptor } from "../manifests/manifest-graph.ts";
import type { UnreadableManifest } from "../manifests/manifest-store.ts";
import { isReadable } from "../manifests/manifest-store.ts";
import type { ManifestRoot } from "../manifests/stored-manifest.ts";

/** Implements the deletions of a backend on a layout. */
export function deleterOf(
  layout: Layout,
): Required<Pick<Backend, "deleteBlob" | "deleteManifest" | "deleteTag">> {
  return {
    deleteTag({ repository, tag, precondition, signal }) {
      return transact(layout, "delete the tag", signal, async (draft) => {
        const entries = draft.tagged(repository, tag);
        const [entry] = entries;
        requireCurrent(tag, entry?.digest, precondition);
        if (entry === undefined) return false;
        await layout.graph.read(draft, repository, "indexes");
        await untagAll(layout.change(draft, repository), [...entries]);
        return true;
      });
    },
    deleteManifest({ repository, digest, signal }) {
      const { graph } = layout;
      return transact(layout, "delete the manifest", signal, async (draft) => {
        await graph.read(draft, repository, "indexes");
        const referencedBy = graph.containers(draft, repository, digest);
        if (referencedBy.length > 0)
          throw stillReferenced(`cannot delete manifest ${digest}: an index of ${repository} contains it`, {
            referencedBy,
          });
        const [entry] = draft.withDigest(repository, digest);
        if (entry === undefined) return false;
        const children = await childrenOf(layout, entry);
        const change = layout.change(draft, repository);
        await removeManifest(change, digest);
        await keepManifests(change, children);
        return true;
      });
    },
    async deleteBlob({ digest, signal }) {
      const { index, blobs } = layout;
      try {
        await index.read();
        // A missing layout has nothing to delete, and is not created for a deletion.
        if (!(await index.isWhole()) || (await blobs.size(digest)) === undefined) throw blobs.unknown(digest);
        const sharers = await findSharers(layout);
        if (sharers === undefined) {
          throw new RegistryError(
            "DENIED",
            `cannot delete blob ${digest}: blobs is a link, so other layouts may need it; name them in the option sharedWith`,
            { detail: { reason: "SHARED_BLOBS" } },
          );
        }
        await lockAll(sharers, signal, async (locked) => {
          if ((await blobs.size(digest)) === undefined) throw blobs.unknown(digest);
          for (const each of locked) await requireUnreferenced(each, digest);
          await ownOf(locked, layout).blobs.remove(digest);
          forgetIn(sharers, digest);
        });
        await layout.syncRemoved([{ digest }]);
        return true;
      } catch (error) {
        throw storageError(error, "delete the blob");
      }
    },
  };
}

/** Runs a deletion in a transaction. A missing layout has nothing to delete, and is not created for a deletion. */
async function transact<Result>(
  layout: Layout,
  doing: string,
  signal: AbortSignal | undefined,
  change: (draft: Draft) => Promise<Result>,
): Promise<Result> {
  const { index } = layout;
  try {
    const table = await index.read();
    if (!(await index.isWhole())) return await change(new Draft(table));
    return await layout.transact(change, signal);
  } catch (error) {
    throw storageError(error, doing);
  }
}

/**
 * Returns the children of an index that is about to be deleted, so that they get entries of their own. A damaged child
 * gets one too, because it can be repaired.
 */
async function childrenOf({ graph, blobs }: Layout, root: ManifestRoot): Promise<CheckedDescriptor[]> {
  const reading = await graph.store.load(root);
  if (!isReadable(reading)) {
    if (reading.cause !== undefined) throw reading.cause;
    return [];
  }
  const children: CheckedDescriptor[] = [];
  for (const child of reading.children) {
    if (!isReadableDigest(child.digest) || !blobs.isTaken(child.digest)) continue;
    children.push(plainDescriptor((await graph.load(child)) ?? child));
  }
  return children;
}

/**
 * Fails if a manifest of the layout refers to `digest`, if `digest` is a manifest, or if a damaged manifest leaves that
 * unknown.
 */
async function requireUnreferenced({ layout, tx }: LockedSharer, digest: Digest): Promise<void> {
  const unreadable: Digest[] = [];
  const referencedBy: Digest[] = [];
  const onUnreadable = (root: ManifestRoot, { cause }: UnreadableManifest): void => {
    // A refusal of the system may be temporary; damage is not.
    if (cause !== undefined && root.digest !== digest) throw cause;
    unreadable.push(root.digest);
  };
  for await (const manifest of layout.graph.reachable(rootsOf(tx.entries), onUnreadable)) {
    if (manifest.digest === digest)
      throw stillReferenced(`cannot delete blob ${digest}: it is a manifest`, { referencedBy: [] });
    const refers = (part: Descriptor): boolean => part.digest === digest;
    if (manifest.children.some(refers) || manifest.parts.some(refers)) referencedBy.push(manifest.digest);
  }
  if (referencedBy.length > 0)
    throw stillReferenced(`cannot delete blob ${digest}: a manifest refers to it`, {
      referencedBy: referencedBy.sort(),
    });
  if (unreadable.includes(digest))
    throw stillReferenced(`cannot delete blob ${digest}: it is a manifest`, { referencedBy: [] });
  if (unreadable.length > 0) {
    const damaged = unreadable.sort();
    throw stillReferenced(
      `cannot delete blob ${digest}: a damaged manifest may refer to it; push that manifest again, or delete it`,
      { damaged },
    );
  }
}
