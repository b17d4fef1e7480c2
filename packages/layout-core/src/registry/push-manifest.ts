import type { PushManifestCall } from "@ocilayout/oci-backend";
import { checkReferences, requireCurrent, wrongMediaType } from "@ocilayout/oci-backend";
import type { Descriptor, ParsedManifest } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";

import { storageError } from "../disk/storage-error.ts";
import type { EntryView } from "../index-json/entry-table.ts";
import { putManifest } from "../index-json/index-changes.ts";
import type { Layout, Transaction } from "../layout/layout.ts";
import { storedReferences } from "../manifests/references.ts";
import { asStored } from "../manifests/stored-manifest.ts";

/** Stores a manifest and points tags at it: checked, then its bytes in place, then one change of the index. */
export async function pushManifest(layout: Layout, call: PushManifestCall): Promise<void> {
  const { index, staging, slots } = layout;
  const { signal } = call;
  const { descriptor, content } = call.manifest;
  try {
    // Asked before anything is written and, because much can happen until then, again in the transaction.
    await slots.run(async () => {
      await checkAgainstLayout(layout, await index.read(), call);
    });
    await index.ensure(signal);
    const isStored = await slots.run(async () => {
      if (staging.isTaken(descriptor)) return false;
      const staged = await staging.stageBytes(descriptor, content);
      await staging.orDrop(staged, async () => {
        signal?.throwIfAborted();
        await staging.place(staged);
      });
      return true;
    });
    await layout.transact((tx) => put(layout, tx, call, isStored), signal);
  } catch (error) {
    throw storageError(error, "storing a manifest");
  }
}

/**
 * Decides and makes the change of the index.
 *
 * @param isStored - Whether this call put the bytes in place. If not, what has the name is kept or replaced here.
 */
async function put(
  layout: Layout,
  { draft, blobs }: Transaction,
  call: PushManifestCall,
  isStored: boolean,
): Promise<void> {
  const { repository, tags } = call;
  const { descriptor, content, parsed } = call.manifest;
  const { graph, staging } = layout;
  await checkAgainstLayout(layout, draft, call);
  // What was put in place before this lock was had may have been collected since, where there is no grace.
  if (!isStored || !staging.isTaken(descriptor)) await blobs.ensureBytes(descriptor, content);
  const stored = asStored(descriptor, parsed);
  if (stored !== undefined) graph.store.learn(stored);
  // Which index contains what matters only to what is to have no tag.
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
 * Checks that the tags are as required, that the pushed bytes are not known as something else, and that what they refer
 * to is there. A manifest that the repository has is not checked again: tagging it must work whatever became of its
 * parts.
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
  // Only of bytes that do not say it themselves can somebody else have said what they are.
  if (ownMediaType(parsed) === undefined) {
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

function ownMediaType(parsed: ParsedManifest): string | undefined {
  switch (parsed.kind) {
    case "image":
      return parsed.manifest.mediaType;
    case "index":
      return parsed.index.mediaType;
    case "opaque":
      return undefined;
  }
}

function requireSameType(descriptor: Descriptor, known: string): void {
  if (known === descriptor.mediaType || known === "") return;
  throw wrongMediaType(known, descriptor.mediaType);
}
