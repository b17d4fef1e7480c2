import type { Descriptor } from "@ocilayout/oci-types";

import type { Draft } from "./draft.ts";
import type { Entry } from "./entry.ts";
import { correctEntry, createEntry, isPlainEntry, untagEntry } from "./entry.ts";
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
export function putManifest(
  change: RepositoryChange,
  descriptor: Descriptor,
  tags: readonly string[],
  contents: readonly string[],
): void {
  const { draft, rules, repository } = change;
  for (const tag of tags) {
    const [current, ...duplicates] = draft.tagged(repository, tag);
    for (const duplicate of duplicates) untag(change, duplicate);
    if (current?.digest === descriptor.digest) {
      if (!isAbout(current, descriptor)) draft.replace(current, correctEntry(current, descriptor));
      continue;
    }
    draft.add(createEntry(descriptor, { repository, tag }, rules));
    if (current !== undefined) untag(change, current);
  }
  if (tags.length === 0) keepManifest(change, descriptor);
  for (const digest of [descriptor.digest, ...contents]) dropUnneeded(change, digest);
}

/** Whether an entry says of its manifest what is true. */
function isAbout({ mediaType, size }: Entry, descriptor: Descriptor): boolean {
  return mediaType === descriptor.mediaType && size === descriptor.size;
}

/** Makes sure that `descriptor` is a manifest of the repository. */
export function keepManifest(change: RepositoryChange, descriptor: Descriptor): void {
  const { draft, rules, repository, isContained } = change;
  if (draft.withDigest(repository, descriptor.digest).size > 0 || isContained(descriptor.digest)) return;
  draft.add(createEntry(descriptor, { repository }, rules));
}

/** Removes every entry of a manifest. */
export function removeManifest({ draft, repository }: RepositoryChange, digest: string): void {
  for (const entry of draft.withDigest(repository, digest)) draft.replace(entry, undefined);
}

/** Takes the tag from `entry`; its manifest stays one of the repository. */
export function untag({ draft, rules, repository, isContained }: RepositoryChange, entry: Entry): void {
  const hasOther = draft.withDigest(repository, entry.digest).size > 1;
  const isNeeded = !isPlainEntry(entry) || !(hasOther || isContained(entry.digest));
  draft.replace(entry, isNeeded ? untagEntry(entry, rules) : undefined);
}

/** Removes the untagged entries of a manifest that is there without them, unless they say more than that it is. */
function dropUnneeded({ draft, repository, isContained }: RepositoryChange, digest: string): void {
  for (const entry of draft.withDigest(repository, digest)) {
    if (entry.tag !== undefined || !isPlainEntry(entry)) continue;
    const hasOther = draft.withDigest(repository, digest).size > 1;
    if (hasOther || isContained(digest)) draft.replace(entry, undefined);
  }
}
