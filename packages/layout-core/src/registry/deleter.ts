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

/** What deletes from a layout. */
export function deleterOf(
  layout: Layout,
): Required<Pick<Backend, "deleteBlob" | "deleteManifest" | "deleteTag">> {
  return {
    deleteTag({ repository, tag, precondition, signal }) {
      return transact(layout, "deleting a tag", signal, async (draft) => {
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
      return transact(layout, "deleting a manifest", signal, async (draft) => {
        await graph.read(draft, repository, "indexes");
        const referencedBy = graph.containers(draft, repository, digest);
        if (referencedBy.length > 0)
          throw stillReferenced(`an index of ${repository} contains ${digest}`, { referencedBy });
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
        // Where there is no layout nothing can be deleted, and none is made for that.
        if (!(await index.isWhole()) || (await blobs.size(digest)) === undefined) throw blobs.unknown(digest);
        const sharers = await findSharers(layout);
        if (sharers === undefined) {
          throw new RegistryError(
            "DENIED",
            "blobs is a link: other layouts may need what lies there, and sharedWith does not say which",
            { detail: { reason: "SHARED_BLOBS" } },
          );
        }
        await lockAll(sharers, signal, async (locked) => {
          if ((await blobs.size(digest)) === undefined) throw blobs.unknown(digest);
          for (const each of locked) await requireUnreferenced(each, digest);
          await ownOf(locked, layout).blobs.remove(digest);
          forgetIn(sharers, digest);
        });
        return true;
      } catch (error) {
        throw storageError(error, "deleting a blob");
      }
    },
  };
}

/** Where there is no layout nothing can be deleted, and none is made for that. */
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
    return await layout.transact(({ draft }) => change(draft), signal);
  } catch (error) {
    throw storageError(error, doing);
  }
}

/**
 * The children of an index that is to be deleted: what was there only by way of it is there on its own afterwards. A damaged
 * one stays, to be mended.
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

/** Refuses while any manifest of the layout refers to `digest` or is it, or while nobody can tell. */
async function requireUnreferenced({ layout, tx }: LockedSharer, digest: Digest): Promise<void> {
  const unreadable: Digest[] = [];
  const referencedBy: Digest[] = [];
  const onUnreadable = (root: ManifestRoot, { cause }: UnreadableManifest): void => {
    // The system's refusal may be over in a moment, which damage is not.
    if (cause !== undefined && root.digest !== digest) throw cause;
    unreadable.push(root.digest);
  };
  for await (const manifest of layout.graph.reachable(rootsOf(tx.entries), onUnreadable)) {
    if (manifest.digest === digest) throw stillReferenced(`${digest} is a manifest`, { referencedBy: [] });
    const refers = (part: Descriptor): boolean => part.digest === digest;
    if (manifest.children.some(refers) || manifest.parts.some(refers)) referencedBy.push(manifest.digest);
  }
  if (referencedBy.length > 0)
    throw stillReferenced(`a manifest refers to ${digest}`, { referencedBy: referencedBy.sort() });
  if (unreadable.includes(digest)) throw stillReferenced(`${digest} is a manifest`, { referencedBy: [] });
  if (unreadable.length > 0) {
    const damaged = unreadable.sort();
    throw stillReferenced("what a damaged manifest refers to cannot be known", { damaged });
  }
}
