import type {
  CallOptions,
  DeleteTagOptions,
  Descriptor,
  Digest,
  RegistryDeleter,
} from "@ocilayout/oci-types";
import { requirePrecondition, stillReferenced, unknownManifest, unknownTag } from "@ocilayout/oci-backend";
import { RegistryError, requireDigest } from "@ocilayout/oci-types";
import { requireRepository, requireTag } from "@ocilayout/ociref";

import { Draft } from "../index-json/draft.ts";
import { storageError } from "../disk/storage-error.ts";
import { keepManifests, removeManifest, untagAll } from "../index-json/index-changes.ts";
import type { Layout } from "../layout/layout.ts";
import { rootsOf } from "../manifests/layout-roots.ts";
import { plainDescriptor } from "../manifests/manifest-graph.ts";
import type { UnreadableManifest } from "../manifests/manifest-store.ts";
import { isReadable } from "../manifests/manifest-store.ts";
import { requireCurrent } from "./push-manifest.ts";
import { isReadableDigest } from "../index-json/ref-name.ts";
import type { LockedLayout } from "../layout/shared-layouts.ts";
import { findSharers, forgetIn, lockAll } from "../layout/shared-layouts.ts";
import type { ManifestRoot } from "../manifests/stored-manifest.ts";

/** The deleting facet of a layout. */
export class LayoutDeleter implements RegistryDeleter {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async deleteTag(repo: string, tag: string, options: DeleteTagOptions = {}): Promise<void> {
    const signal = this.#layout.beginWrite(options);
    requireRepository(repo);
    requirePrecondition(options, [requireTag(tag)]);
    await this.#transact("deleting a tag", signal, async (draft) => {
      requireCurrent(draft, repo, tag, options);
      const entries = draft.tagged(repo, tag);
      if (entries.size === 0) throw unknownTag(repo, tag);
      await this.#layout.graph.read(draft, repo, "indexes");
      await untagAll(this.#layout.change(draft, repo), [...entries]);
    });
  }

  async deleteManifest(repo: string, digest: string, options: CallOptions = {}): Promise<void> {
    const signal = this.#layout.beginWrite(options);
    requireRepository(repo);
    const wanted = requireDigest(digest).digest;
    const { blobs, graph } = this.#layout;
    await this.#transact("deleting a manifest", signal, async (draft) => {
      await graph.read(draft, repo, "indexes");
      const referencedBy = graph.containers(draft, repo, wanted);
      if (referencedBy.length > 0) {
        throw stillReferenced(`an index of ${repo} contains ${wanted}`, { referencedBy });
      }
      const [entry] = draft.withDigest(repo, wanted);
      if (entry === undefined) throw unknownManifest(repo, wanted);
      // What was there only by way of the deleted index is there on its own now; what is damaged, to be mended.
      const children: Descriptor[] = [];
      const reading = await graph.store.load(entry);
      if (!isReadable(reading) && reading.cause !== undefined) throw reading.cause;
      for (const child of isReadable(reading) ? reading.children : []) {
        if (!isReadableDigest(child.digest) || !blobs.isTaken(child.digest)) continue;
        children.push(plainDescriptor((await graph.load(child)) ?? child));
      }
      const change = this.#layout.change(draft, repo);
      await removeManifest(change, wanted);
      await keepManifests(change, children);
    });
  }

  async deleteBlob(repo: string, digest: string, options: CallOptions = {}): Promise<void> {
    const signal = this.#layout.beginWrite(options);
    requireRepository(repo);
    const wanted = requireDigest(digest).digest;
    const { index, blobs, staging } = this.#layout;
    try {
      await index.read();
      // Where there is no layout nothing can be deleted, and none is made for that.
      if (!(await index.isWhole()) || (await blobs.size(wanted)) === undefined) throw blobs.unknown(wanted);
      const sharers = await findSharers(this.#layout);
      if (sharers === undefined) {
        throw new RegistryError(
          "DENIED",
          "blobs is a link: other layouts may need what lies there, and sharedWith does not say which",
          { detail: { reason: "SHARED_BLOBS" } },
        );
      }
      await lockAll(sharers, signal, async (locked) => {
        if ((await blobs.size(wanted)) === undefined) throw blobs.unknown(wanted);
        for (const each of locked) await requireUnreferenced(each, wanted);
        await staging.remove(wanted);
        forgetIn(sharers, wanted);
      });
    } catch (error) {
      throw storageError(error, "deleting a blob");
    }
  }

  async #transact(
    doing: string,
    signal: AbortSignal | undefined,
    change: (draft: Draft) => Promise<void>,
  ): Promise<void> {
    const { index } = this.#layout;
    try {
      const table = await index.read();
      // Where there is no layout nothing can be deleted, and none is made for that.
      if (await index.isWhole()) await index.transact(change, signal);
      else await change(new Draft(table));
    } catch (error) {
      throw storageError(error, doing);
    }
  }
}

/** Refuses while any manifest of the layout refers to `digest` or is it, or while nobody can tell. */
async function requireUnreferenced({ layout, entries }: LockedLayout, digest: Digest): Promise<void> {
  const unreadable: Digest[] = [];
  const referencedBy: Digest[] = [];
  const onUnreadable = (root: ManifestRoot, { cause }: UnreadableManifest): void => {
    // The system's refusal may be over in a moment, which damage is not.
    if (cause !== undefined && root.digest !== digest) throw cause;
    unreadable.push(root.digest);
  };
  for await (const manifest of layout.graph.reachable(rootsOf(entries), onUnreadable)) {
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
