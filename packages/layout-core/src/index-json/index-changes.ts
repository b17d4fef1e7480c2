import type { CheckedDescriptor } from "@ocilayout/oci-backend";
import type { Descriptor } from "@ocilayout/oci-types";

import type { Draft } from "./draft.ts";
import type { Entry } from "./entry.ts";
import { correctEntry, createEntry, isPlainEntry, untagEntry } from "./entry.ts";
import { pauseIfDue } from "@ocilayout/oci-backend";
import type { NameRules } from "./ref-name.ts";

/** A change of the manifests of a repository. */
export interface RepositoryChange {
  readonly draft: Draft;
  readonly rules: NameRules;
  readonly repository: string;
  /**
   * Whether an index of the repository contains the manifest, in the state of the draft. Then the manifest needs an
   * entry only for its tags.
   */
  readonly isContained: (digest: string) => boolean;
}

/**
 * Adds `descriptor` to the repository, and points each of `tags` at it. A manifest that a tag pointed at before stays
 * in the repository, with the other members of its entry.
 *
 * @param contents - The manifests that it contains.
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

/** Whether the type and size of an entry are those of its manifest. */
function isAbout({ mediaType, size }: Entry, descriptor: Descriptor): boolean {
  return mediaType === descriptor.mediaType && size === descriptor.size;
}

/** Adds entries for those of `descriptors` that the repository would not have otherwise. */
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

/** Removes the tags of `entries`. Their manifests stay in the repository. */
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

/**
 * Removes the untagged entries of a manifest that the repository has without them. Entries with other information stay.
 */
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
