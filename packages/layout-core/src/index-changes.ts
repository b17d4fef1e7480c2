import type { Descriptor } from "@ocilayout/oci-types";

import type { Draft } from "./entry-table.ts";
import type { Entry } from "./entry.ts";
import { createEntry, isPlainEntry, untagEntry } from "./entry.ts";
import type { NameRules } from "./ref-name.ts";

/** A change of what a repository has. */
export interface RepositoryChange {
  readonly draft: Draft;
  readonly rules: NameRules;
  readonly repository: string;
  /**
   * The manifests that an index of the repository contains, as it will be: they need no entry of their own while no
   * tag points at them.
   */
  readonly contained: ReadonlySet<string>;
}

/**
 * Makes `descriptor` a manifest of the repository, and each of `tags` point at it. What a tag pointed at before stays
 * a manifest of the repository, with whatever else its entry said.
 */
export function putManifest(change: RepositoryChange, descriptor: Descriptor, tags: readonly string[]): void {
  const { draft, rules, repository } = change;
  for (const tag of tags) {
    const [current, ...duplicates] = draft.tagged(repository, tag);
    for (const duplicate of duplicates) untag(change, duplicate);
    if (current?.digest === descriptor.digest) continue;
    draft.add(createEntry(descriptor, { repository, tag }, rules));
    if (current !== undefined) untag(change, current);
  }
  if (!isThere(change, descriptor.digest)) draft.add(createEntry(descriptor, { repository }, rules));
  for (const digest of [descriptor.digest, ...change.contained]) dropUnneeded(change, digest);
}

/** Takes the tag from `entry`; its manifest stays one of the repository. */
export function untag(change: RepositoryChange, entry: Entry): void {
  const { draft, rules } = change;
  const untagged = untagEntry(entry, rules);
  draft.replace(entry, untagged);
  dropUnneeded(change, entry.digest);
}

/** Removes the untagged entries of a manifest that is there without them, unless they say more than that it is. */
function dropUnneeded(change: RepositoryChange, digest: string): void {
  const { draft, repository, contained } = change;
  for (const entry of draft.withDigest(repository, digest)) {
    const isNeeded = !contained.has(digest) && draft.withDigest(repository, digest).length === 1;
    if (entry.tag === undefined && !isNeeded && isPlainEntry(entry)) draft.replace(entry, undefined);
  }
}

function isThere({ draft, repository, contained }: RepositoryChange, digest: string): boolean {
  return contained.has(digest) || draft.withDigest(repository, digest).length > 0;
}
