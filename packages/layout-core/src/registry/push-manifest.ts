import type { PushManifestCall } from "@ocilayout/oci-backend";
import { checkReferences, requireCurrent, wrongMediaType } from "@ocilayout/oci-backend";
import type { Descriptor } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";

import { storageError } from "../disk/storage-error.ts";
import type { EntryView } from "../index-json/entry-table.ts";
import { putManifest } from "../index-json/index-changes.ts";
import type { Draft } from "../index-json/draft.ts";
import type { Layout } from "../layout/layout.ts";
import { storedReferences } from "../manifests/references.ts";
import { asStored, statedType } from "../manifests/stored-manifest.ts";

/** Stores a manifest and points tags at it: checks it, writes its bytes, and then changes the index once. */
export async function pushManifest(layout: Layout, call: PushManifestCall): Promise<void> {
  const { index, staging, slots } = layout;
  const { signal } = call;
  const { descriptor, content } = call.manifest;
  try {
    // Checked before anything is written, and again in the transaction because the layout may change in between.
    await slots.run(async () => {
      await checkAgainstLayout(layout, await index.read(), call);
    });
    await index.ensure(signal);
    const isStored = await slots.run(async () => {
      if (staging.isTaken(descriptor)) return false;
      const staged = await staging.stageBytes(descriptor, content);
      await staging.orDrop(staged, async () => {
        signal?.throwIfAborted();
        await staging.move(staged, true);
      });
      return true;
    });
    // Without a slot, so that all manifests that are pushed at once wait for the same flush.
    if (isStored) await staging.syncName(descriptor);
    await layout.transact(
      (draft) => put(layout, draft, call),
      signal,
      async ({ blobs }) => {
        // Bytes that another call wrote are verified, and kept or replaced. A garbage collection without grace may have
        // removed those of this call before it had the lock.
        if (!isStored || !staging.isTaken(descriptor)) await blobs.ensureBytes(descriptor, content);
        // The index names this manifest, and with it the blobs that it refers to.
        await blobs.syncNames();
      },
    );
  } catch (error) {
    throw storageError(error, "store the manifest");
  }
}

/** Decides on the change of the index, and makes it. The bytes of the manifest are stored. */
async function put(layout: Layout, draft: Draft, call: PushManifestCall): Promise<void> {
  const { repository, tags } = call;
  const { descriptor, parsed } = call.manifest;
  const { graph } = layout;
  await checkAgainstLayout(layout, draft, call);
  const stored = asStored(descriptor, parsed);
  if (stored !== undefined) graph.store.learn(stored);
  // Only untagged manifests depend on which index contains them.
  const isDisplacing = tags.some((tag) =>
    [...draft.tagged(repository, tag)].some(({ digest }) => digest !== descriptor.digest),
  );
  if (tags.length === 0 || isDisplacing) await graph.read(draft, repository, "indexes");
  const contents: string[] = [];
  if (parsed.kind === "index")
    for await (const { digest } of graph.below(stored?.children ?? [])) contents.push(digest);
  await putManifest(layout.change(draft, repository), descriptor, tags, contents);
}

/**
 * Checks the preconditions on tags, the media type, and the references of a manifest. If the repository has the
 * manifest already, its references are not checked again, so that it can be tagged even if its content was removed.
 */
async function checkAgainstLayout(layout: Layout, view: EntryView, call: PushManifestCall): Promise<void> {
  const { settings, graph } = layout;
  const { repository, tags, precondition } = call;
  const { descriptor, parsed } = call.manifest;
  for (const tag of tags) {
    const [current] = view.tagged(repository, tag);
    requireCurrent(tag, current?.digest, precondition);
  }
  const [entry] = view.withDigest(repository, descriptor.digest);
  if (entry !== undefined) {
    const known = await graph.load(entry);
    requireSameType(descriptor, known?.isTyped === true ? known.mediaType : entry.mediaType);
    return;
  }
  const findClaim = async (): Promise<Descriptor | undefined> => {
    await graph.read(view, repository, "indexes");
    return graph.claimed(view, repository, descriptor.digest);
  };
  // If the bytes have no media type of their own, an index may list them under another type.
  if (statedType(parsed) === undefined) {
    const claim = await findClaim();
    if (claim !== undefined) {
      requireSameType(descriptor, claim.mediaType);
      return;
    }
  }
  try {
    await checkReferences(parsed, storedReferences(layout, { view, repository }), settings.allowSparse);
  } catch (error) {
    if (
      isRegistryError(error, "MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID") &&
      (await findClaim()) !== undefined
    )
      return;
    throw error;
  }
}

function requireSameType(descriptor: Descriptor, known: string): void {
  if (known === descriptor.mediaType || known === "") return;
  throw wrongMediaType(known, descriptor.mediaType);
}
