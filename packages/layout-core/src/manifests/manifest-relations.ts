import type { Descriptor, Digest } from "@ocilayout/oci-types";

import type { EntryView } from "../index-json/entry-table.ts";
import { mayContain } from "../index-json/repository-entries.ts";
import type { StoredManifest } from "./stored-manifest.ts";

/** The relations between manifests that were read. */
export class Relations {
  /** By digest, the indexes that list the manifest. */
  readonly #parents: Map<string, Set<Digest>> = new Map();
  /** The indexes whose bytes do not state their type. A repository may have them under an unknown type. */
  readonly #untyped: Set<string> = new Set();
  /** By digest, the manifests that have it as their subject. */
  readonly #referrers: Map<string, Set<Digest>> = new Map();
  readonly #sortedReferrers: Map<string, readonly Digest[]> = new Map();
  readonly #childrenOf: (digest: string) => readonly Descriptor[];
  /** By {@link EntryView.digestsRevision}, the digests that a repository has. */
  #members: WeakMap<object, ReadonlySet<string>> = new WeakMap();

  /** @param childrenOf - Returns the children of an index that was read, and nothing for other manifests. */
  constructor(childrenOf: (digest: string) => readonly Descriptor[]) {
    this.#childrenOf = childrenOf;
  }

  /** Adds a manifest that was read. */
  add({ digest, isTyped, children, subject }: StoredManifest): void {
    for (const child of children) relate(this.#parents, child.digest, digest);
    if (!isTyped && children.length > 0) this.#untyped.add(digest);
    if (subject !== undefined) {
      relate(this.#referrers, subject, digest);
      this.#sortedReferrers.delete(subject);
    }
    if (children.length > 0) this.haveChanged();
  }

  /** To be called when an index was read or dropped. */
  haveChanged(): void {
    this.#members = new WeakMap();
  }

  /** Yields the indexes that list `digest`, except those that `repository` has under an unknown type. */
  *parentsIn(view: EntryView, repository: string, digest: string): Generator<Digest, void, undefined> {
    for (const parent of this.#parents.get(digest) ?? [])
      if (!this.#isOpaqueIn(view, repository, parent)) yield parent;
  }

  #isOpaqueIn(view: EntryView, repository: string, digest: string): boolean {
    if (!this.#untyped.has(digest)) return false;
    const [entry] = view.withDigest(repository, digest);
    return entry !== undefined && !mayContain(entry.mediaType);
  }

  /** Returns the manifests whose subject is `digest`, in the order of their digests. */
  referrersOf(digest: string): readonly Digest[] {
    let sorted = this.#sortedReferrers.get(digest);
    if (sorted === undefined) {
      const referrers = this.#referrers.get(digest);
      if (referrers === undefined) return [];
      sorted = [...referrers].sort();
      this.#sortedReferrers.set(digest, sorted);
    }
    return sorted;
  }

  /**
   * Returns every digest that `repository` has: those of its entries, and those that its indexes contain at any depth.
   */
  members(view: EntryView, repository: string): ReadonlySet<string> {
    const revision = view.digestsRevision(repository);
    const known = this.#members.get(revision);
    if (known !== undefined) return known;
    const members = new Set(view.digests(repository));
    // A loop over a set also visits the values that it adds.
    for (const digest of members)
      if (!this.#isOpaqueIn(view, repository, digest))
        for (const child of this.#childrenOf(digest)) members.add(child.digest);
    this.#members.set(revision, members);
    return members;
  }
}

/** The largest number of steps from manifests up to their indexes that one question takes. */
const MOST_STEPS = 10_000;

/**
 * One question about the content of a repository. It climbs from a manifest to the indexes that list it, until one has
 * an entry in the repository. That usually takes one or two steps. After {@link MOST_STEPS} steps it computes
 * everything that the repository has instead, once for all its manifests.
 */
export class Membership {
  readonly #relations: Relations;
  readonly #view: EntryView;
  readonly #repository: string;
  #stepsLeft = MOST_STEPS;

  constructor(relations: Relations, view: EntryView, repository: string) {
    this.#relations = relations;
    this.#view = view;
    this.#repository = repository;
  }

  /** Whether the repository has the manifest `digest`: as an entry, or in an index that contains it. */
  has(digest: string): boolean {
    if (this.#view.withDigest(this.#repository, digest).size > 0) return true;
    const seen: Set<string> = new Set([digest]);
    const waiting = [digest];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.#view.withDigest(this.#repository, next).size > 0) return true;
      for (const parent of this.#relations.parentsIn(this.#view, this.#repository, next)) {
        if (this.#stepsLeft === 0) return this.#relations.members(this.#view, this.#repository).has(digest);
        this.#stepsLeft -= 1;
        if (seen.has(parent)) continue;
        seen.add(parent);
        waiting.push(parent);
      }
    }
    return false;
  }
}

function relate(relation: Map<string, Set<Digest>>, from: string, to: Digest): void {
  const known = relation.get(from);
  if (known === undefined) relation.set(from, new Set([to]));
  else known.add(to);
}
