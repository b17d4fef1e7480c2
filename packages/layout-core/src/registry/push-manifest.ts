import type { Descriptor, ParsedManifest, Precondition, PushManifestOptions } from "@ocilayout/oci-types";
import {
  manifestTooLarge,
  preconditionFailed,
  requirePrecondition,
  wrongDigest,
} from "@ocilayout/oci-backend";
import {
  computeDigest,
  isRegistryError,
  parseManifest,
  readBlobSource,
  RegistryError,
  requireBytes,
  requireDigest,
} from "@ocilayout/oci-types";
import { requireRepository } from "@ocilayout/ociref";

import { requireTags } from "../layout/check-input.ts";
import type { Draft } from "../index-json/draft.ts";
import type { EntryView } from "../index-json/entry-table.ts";
import { storageError } from "../disk/storage-error.ts";
import { putManifest } from "../index-json/index-changes.ts";
import type { Layout } from "../layout/layout.ts";
import { pauseIfDue } from "../event-loop/pace.ts";
import { checkReferences } from "../manifests/references.ts";

/** A manifest that was pushed, checked as far as it can be without looking at the layout. */
interface PushedManifest {
  readonly repository: string;
  readonly content: Uint8Array;
  readonly parsed: ParsedManifest;
  readonly descriptor: Descriptor;
  readonly tags: readonly string[];
  readonly precondition: Precondition;
}

/** Stores a manifest and points tags at it: checked, then its bytes in place, then one change of the index. */
export async function pushManifest(
  layout: Layout,
  repo: string,
  content: Uint8Array,
  mediaType: string,
  options: PushManifestOptions,
  signal: AbortSignal | undefined,
): Promise<Descriptor> {
  const { index, staging, slots } = layout;
  const pushed = await checkPushed(layout.settings.maxManifestBytes, repo, content, mediaType, options);
  try {
    // Asked before anything is written and, because much can happen until then, again in the transaction.
    await slots.run(async () => {
      await checkAgainstLayout(layout, await index.read(), pushed);
    });
    await index.ensure(signal);
    const isTaken = await slots.run(async () => {
      if (staging.isTaken(pushed.descriptor)) return true;
      await store(layout, pushed, signal);
      return false;
    });
    await index.transact((draft) => put(layout, draft, pushed, isTaken), signal);
  } catch (error) {
    throw storageError(error, "storing a manifest");
  }
  return { ...pushed.descriptor };
}

async function checkPushed(
  maxBytes: number,
  repo: string,
  content: Uint8Array,
  mediaType: string,
  options: PushManifestOptions,
): Promise<PushedManifest> {
  // A copy: the caller may use its memory again as soon as this call has returned its promise.
  const bytes = requireBytes(content, "a manifest").slice();
  const repository = requireRepository(repo);
  const tags = requireTags(options.tags);
  const precondition = { ifMatch: options.ifMatch, ifNoneMatch: options.ifNoneMatch };
  requirePrecondition(precondition, tags);
  if (bytes.length > maxBytes) throw manifestTooLarge(maxBytes);
  const expected = options.digest === undefined ? undefined : requireDigest(options.digest);
  await pauseIfDue();
  const { digest, size } = await computeDigest(bytes, { algorithm: expected?.algorithm });
  if (expected !== undefined && expected.digest !== digest) {
    throw wrongDigest(expected.digest, digest);
  }
  const parsed = parseManifest(bytes, mediaType);
  const descriptor = { mediaType: parsed.mediaType, digest, size };
  return { repository, content: bytes, parsed, descriptor, tags, precondition };
}

/** Writes the bytes of a manifest and gives them their name. */
async function store(
  { staging }: Layout,
  { content, descriptor }: PushedManifest,
  signal?: AbortSignal,
): Promise<void> {
  const staged = await staging.stage(descriptor, readBlobSource(content, { signal }), signal);
  await staging.orDrop(staged, () => staging.place(staged));
}

/**
 * Decides and makes the change of the index.
 *
 * @param isTaken - Whether something had the manifest's name already: here, under the lock, it is kept or replaced.
 */
async function put(layout: Layout, draft: Draft, pushed: PushedManifest, isTaken: boolean): Promise<void> {
  const { repository, descriptor, tags } = pushed;
  const { graph, staging } = layout;
  await checkAgainstLayout(layout, draft, pushed);
  // What was put in place before this lock was had may have been collected since, where there is no grace.
  const isStored = isTaken ? await staging.keep(descriptor) : staging.isTaken(descriptor);
  if (!isStored) await store(layout, pushed);
  // Which index contains what matters only to what is to have no tag.
  const isDisplacing = tags.some((tag) =>
    [...draft.tagged(repository, tag)].some(({ digest }) => digest !== descriptor.digest),
  );
  if (tags.length === 0 || isDisplacing) await graph.read(draft, repository, "indexes");
  const contents: string[] = [];
  if (pushed.parsed.kind === "index") {
    for await (const { digest } of graph.contained([descriptor])) contents.push(digest);
  }
  await putManifest(layout.change(draft, repository), descriptor, tags, contents);
}

/**
 * Checks that the tags are as required, that the pushed bytes are not known as something else, and that what they refer
 * to is there. A manifest that the repository has is not checked again: tagging it must work whatever became of its
 * parts.
 */
async function checkAgainstLayout(layout: Layout, view: EntryView, pushed: PushedManifest): Promise<void> {
  const { settings, graph } = layout;
  const { repository, descriptor, parsed, tags, precondition } = pushed;
  for (const tag of tags) requireCurrent(view, repository, tag, precondition);
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
    await checkReferences(parsed, layout, { view, repository }, settings.allowSparse);
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
  throw new RegistryError(
    "MANIFEST_INVALID",
    `these bytes are stored as ${known}, not as ${descriptor.mediaType}`,
  );
}

/** Refuses the change of a tag that is not as the caller requires. */
export function requireCurrent(
  view: EntryView,
  repository: string,
  tag: string,
  precondition: Precondition,
): void {
  const { ifMatch, ifNoneMatch } = precondition;
  const [entry] = view.tagged(repository, tag);
  const current = entry?.digest;
  const holds =
    (ifMatch === undefined || (ifMatch === "*" ? current !== undefined : current === ifMatch)) &&
    (ifNoneMatch === undefined || current === undefined);
  if (!holds) throw preconditionFailed(tag, current);
}
