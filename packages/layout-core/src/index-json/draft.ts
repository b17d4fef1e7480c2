import type { Entry, ForeignEntry } from "./entry.ts";
import { isForeign } from "./entry.ts";
import type { EntryChange, EntryChanges, EntryTable, EntryView } from "./entry-table.ts";
import type { Scope } from "./repository-entries.ts";

/** A change that may be changed again. */
interface Change extends EntryChange {
  now: Entry | undefined;
}

/** The changes of one repository: the entries of each tag and digest that a change touched. */
interface TouchedRepository {
  readonly tags: Map<string, Set<Entry>>;
  readonly digests: Map<string, Set<Entry>>;
  /** The table's revision, until a digest is added or removed. */
  revision: object;
}

/**
 * A table with the changes of a transaction. The table itself is not modified: the draft keeps only the entries of
 * changed tags and digests. The cost of a query does not depend on the number of changes.
 */
export class Draft implements EntryView, EntryChanges {
  readonly #table: EntryTable;
  readonly #changes: Change[] = [];
  /** By the entry after the change. */
  readonly #changeOf: Map<Entry, Change> = new Map();
  /** By the entry before the change. */
  readonly #touched: Map<Entry, Change> = new Map();
  readonly #repositories: Map<string, TouchedRepository> = new Map();

  constructor(table: EntryTable) {
    this.#table = table;
  }

  /** The revision of the table. */
  get revision(): object {
    return this.#table.revision;
  }

  get isChanged(): boolean {
    return this.#changes.length > 0;
  }

  tagged(repository: string, tag: string): ReadonlySet<Entry> {
    return this.#repositories.get(repository)?.tags.get(tag) ?? this.#table.tagged(repository, tag);
  }

  withDigest(repository: string, digest: string): ReadonlySet<Entry> {
    return (
      this.#repositories.get(repository)?.digests.get(digest) ?? this.#table.withDigest(repository, digest)
    );
  }

  *digests(repository: string): Generator<string, void, undefined> {
    const touched = this.#repositories.get(repository)?.digests;
    for (const digest of this.#table.digests(repository)) if (touched?.has(digest) !== true) yield digest;
    for (const [digest, entries] of touched ?? []) if (entries.size > 0) yield digest;
  }

  digestsRevision(repository: string): object {
    return this.#repositories.get(repository)?.revision ?? this.#table.digestsRevision(repository);
  }

  /** Returns the unread entries of the table. The caller of {@link add} has read the manifest of a new entry. */
  unread(repository: string, scope: Scope): Set<Entry> {
    return this.#table.unread(repository, scope);
  }

  /** Yields every entry, including foreign ones. */
  *all(): Generator<Entry | ForeignEntry, void, undefined> {
    for (const entry of this.#table.all()) {
      const now = isForeign(entry) ? entry : this.now(entry);
      if (now !== undefined) yield now;
    }
    yield* this.added();
  }

  /** Appends an entry. */
  add(entry: Entry): void {
    this.#record({ base: undefined, now: entry });
    this.#enlist(entry);
  }

  /** Replaces `entry` with `by`, or removes it. */
  replace(entry: Entry, by: Entry | undefined): void {
    const change = this.#changeOf.get(entry);
    if (change === undefined) {
      const first = { base: entry, now: by };
      this.#touched.set(entry, first);
      this.#record(first);
    } else {
      this.#changeOf.delete(entry);
      change.now = by;
      if (by !== undefined) this.#changeOf.set(by, change);
    }
    this.#delist(entry);
    if (by !== undefined) this.#enlist(by);
  }

  /** Returns the change of each changed entry, in the order of the changes. */
  changes(): readonly EntryChange[] {
    return this.#changes;
  }

  /** Returns the new state of an entry of the table. */
  now(entry: Entry): Entry | undefined {
    const change = this.#touched.get(entry);
    return change === undefined ? entry : change.now;
  }

  /** Yields the added entries. */
  *added(): Generator<Entry, void, undefined> {
    for (const { base, now } of this.#changes) if (base === undefined && now !== undefined) yield now;
  }

  #record(change: Change): void {
    this.#changes.push(change);
    if (change.now !== undefined) this.#changeOf.set(change.now, change);
  }

  #enlist(entry: Entry): void {
    const { repository, tag, digest } = entry;
    const touched = this.#touch(repository);
    const same = touchSet(touched.digests, digest, () => this.#table.withDigest(repository, digest));
    if (same.size === 0) touched.revision = {};
    same.add(entry);
    if (tag !== undefined) touchSet(touched.tags, tag, () => this.#table.tagged(repository, tag)).add(entry);
  }

  #delist(entry: Entry): void {
    const { repository, tag, digest } = entry;
    const touched = this.#touch(repository);
    const same = touchSet(touched.digests, digest, () => this.#table.withDigest(repository, digest));
    same.delete(entry);
    if (same.size === 0) touched.revision = {};
    if (tag !== undefined)
      touchSet(touched.tags, tag, () => this.#table.tagged(repository, tag)).delete(entry);
  }

  #touch(repository: string): TouchedRepository {
    let touched = this.#repositories.get(repository);
    if (touched === undefined) {
      touched = { tags: new Map(), digests: new Map(), revision: this.#table.digestsRevision(repository) };
      this.#repositories.set(repository, touched);
    }
    return touched;
  }
}

/** Returns the set of `key` for modification. The first call copies it from the table. */
function touchSet(map: Map<string, Set<Entry>>, key: string, inTable: () => ReadonlySet<Entry>): Set<Entry> {
  let entries = map.get(key);
  if (entries === undefined) {
    entries = new Set(inTable());
    map.set(key, entries);
  }
  return entries;
}
