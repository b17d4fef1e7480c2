import type { CheckedDescriptor } from "@ocilayout/oci-backend";
import type { Descriptor } from "@ocilayout/oci-types";

import type { Draft } from "./draft.ts";
import type { Entry } from "./entry.ts";
import { correctEntry, createEntry, isPlainEntry, untagEntry } from "./entry.ts";
import { pauseIfDue } from "@ocilayout/oci-backend";
import type { NameRules } from "./ref-name.ts";

/** A change of what a repository has. */
export interface RepositoryChange {
  readonly draft: Draft;
  readonly rules: NameRules;
  readonly repository: string;
  /**
   * Whether an index of the repository, as the draft has it, contains the manifest: then it needs no entry of its own
   * while no tag points at it.
   */
  readonly isContained: (digest: string) => boolean;
}

/**
 * Makes `descriptor` a manifest of the repository, and each of `tags` point at it. What a tag pointed at before stays
 * a manifest of the repository, with whatever else its entry said.
 *
 * @param contents - The manifests that it contains itself.
 */
export async function putManifest(
  change: RepositoryChange,
  descriptor: CheckedDescriptor,
  tags: readonly string[],
  contents: readonly string[],
): Promise<void> {
  const { draft, rules, repository } = change;
  for (const tag of tags) {
    const [current, ...duplicates] = draft.tagged(repository, tag);
    await untagAll(change, duplicates);
    if (current?.digest === descriptor.digest) {
      if (!isAbout(current, descriptor)) draft.replace(current, correctEntry(current, descriptor));
      continue;
    }
    draft.add(createEntry(descriptor, { repository, tag }, rules));
    if (current !== undefined) await untagAll(change, [current]);
  }
  if (tags.length === 0) await keepManifests(change, [descriptor]);
  for (const digest of [descriptor.digest, ...contents]) await dropUnneeded(change, digest);
}

/** Whether an entry says of its manifest what is true. */
function isAbout({ mediaType, size }: Entry, descriptor: Descriptor): boolean {
  return mediaType === descriptor.mediaType && size === descriptor.size;
}

/** Makes sure that `descriptors` are manifests of the repository. */
export async function keepManifests(
  change: RepositoryChange,
  descriptors: Iterable<CheckedDescriptor>,
): Promise<void> {
  const { draft, rules, repository, isContained } = change;
  for (const descriptor of descriptors) {
    await pauseIfDue();
    if (draft.withDigest(repository, descriptor.digest).size > 0 || isContained(descriptor.digest)) continue;
    draft.add(createEntry(descriptor, { repository }, rules));
  }
}

/** Removes every entry of a manifest. */
export async function removeManifest({ draft, repository }: RepositoryChange, digest: string): Promise<void> {
  for (const entry of draft.withDigest(repository, digest)) {
    await pauseIfDue();
    draft.replace(entry, undefined);
  }
}

/** Takes their tags from `entries`; their manifests stay manifests of the repository. */
export async function untagAll(
  { draft, rules, repository, isContained }: RepositoryChange,
  entries: Iterable<Entry>,
): Promise<void> {
  for (const entry of entries) {
    await pauseIfDue();
    const hasOther = draft.withDigest(repository, entry.digest).size > 1;
    const isNeeded = !isPlainEntry(entry) || !(hasOther || isContained(entry.digest));
    draft.replace(entry, isNeeded ? untagEntry(entry, rules) : undefined);
  }
}

/** Removes the untagged entries of a manifest that is there without them, unless they say more than that it is. */
async function dropUnneeded(
  { draft, repository, isContained }: RepositoryChange,
  digest: string,
): Promise<void> {
  for (const entry of draft.withDigest(repository, digest)) {
    await pauseIfDue();
    if (entry.tag !== undefined || !isPlainEntry(entry)) continue;
    const hasOther = draft.withDigest(repository, digest).size > 1;
    if (hasOther || isContained(digest)) draft.replace(entry, undefined);
  }
}
