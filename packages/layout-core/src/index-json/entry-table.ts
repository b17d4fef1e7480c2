import type { Entry, ForeignEntry } from "./entry.ts";
import { isForeign } from "./entry.ts";
import { asSet, NO_ENTRIES, RepositoryEntries, type Scope } from "./repository-entries.ts";

/** An entry before and after a change. `base` is `undefined` for an added entry, `now` for a removed one. */
export interface EntryChange {
  readonly base: Entry | undefined;
  readonly now: Entry | undefined;
}

/** The changes of the entries of a table. */
export interface EntryChanges {
  /** Returns the change of each changed entry, in the order of the changes. */
  changes(): readonly EntryChange[];
  /** Returns the new state of an entry of the table. */
  now(entry: Entry): Entry | undefined;
  /** Returns the added entries. */
  added(): Iterable<Entry>;
}

/** The queries on the entries of an index, either as it is on disk or as a transaction would change it. */
export interface EntryView {
  /** Returns the entries with `tag` in `repository`. The first one counts. The set may change with the view. */
  tagged(repository: string, tag: string): ReadonlySet<Entry>;
  /** Returns the entries of `repository` for `digest`. The set may change with the view. */
  withDigest(repository: string, digest: string): ReadonlySet<Entry>;
  /** Returns the digests for which `repository` has entries. */
  digests(repository: string): Iterable<string>;
  /** Returns an object that is replaced whenever the result of {@link digests} changes. */
  digestsRevision(repository: string): object;
  /**
   * Returns the entries of `repository` in `scope` whose manifests were not read yet. The caller removes an entry from
   * the set after it reads it.
   */
  unread(repository: string, scope: Scope): Set<Entry>;
}

/**
 * The entries of an index as it is on disk. A complete table changes only in {@link EntryTable.apply}, when a change is
 * committed.
 */
export class EntryTable implements EntryView {
  #slots: (Entry | ForeignEntry | undefined)[] = [];
  /** Created when an entry is first replaced. */
  #slotOf: Map<Entry, number> | undefined;
  readonly #repositories: Map<string, RepositoryEntries> = new Map();
  #sortedRepositories: readonly string[] | undefined;
  #count = 0;
  #revision: object = {};

  constructor(entries: Iterable<Entry | ForeignEntry> = []) {
    for (const entry of entries) this.append(entry);
  }

  /** Replaced whenever the entries change. */
  get revision(): object {
    return this.#revision;
  }

  /** The number of entries, including foreign ones. */
  get size(): number {
    return this.#count;
  }

  /** Yields every entry, in order. */
  *all(): Generator<Entry | ForeignEntry, void, undefined> {
    for (const entry of this.#slots) if (entry !== undefined) yield entry;
  }

  /** Returns the names of the repositories, in code-unit order; a snapshot. */
  repositories(): readonly string[] {
    return (this.#sortedRepositories ??= [...this.#repositories.keys()].sort());
  }

  /** Whether `repository` has an entry. */
  has(repository: string): boolean {
    return this.#repositories.has(repository);
  }

  /** Returns the tags of `repository`, in code-unit order; a snapshot. */
  tags(repository: string): readonly string[] {
    return this.#repositories.get(repository)?.sortedTags ?? [];
  }

  tagged(repository: string, tag: string): ReadonlySet<Entry> {
    return asSet(this.#repositories.get(repository)?.tags.get(tag));
  }

  withDigest(repository: string, digest: string): ReadonlySet<Entry> {
    return asSet(this.#repositories.get(repository)?.digests.get(digest));
  }

  /** Returns the digests for which `repository` has entries, in the order of the entries; a snapshot. */
  digests(repository: string): readonly string[] {
    return [...(this.#repositories.get(repository)?.digests.keys() ?? [])];
  }

  digestsRevision(repository: string): object {
    return this.#repositories.get(repository)?.revision ?? NO_ENTRIES;
  }

  unread(repository: string, scope: Scope): Set<Entry> {
    return this.#repositories.get(repository)?.unread(scope) ?? new Set();
  }

  /** Returns the texts of the entries with `draft` applied, in order. */
  texts(draft: EntryChanges): string[] {
    const texts: string[] = [];
    for (const entry of this.#slots) {
      if (entry === undefined) continue;
      const now = isForeign(entry) ? entry : draft.now(entry);
      if (now !== undefined) texts.push(now.text);
    }
    for (const entry of draft.added()) texts.push(entry.text);
    return texts;
  }

  /** Applies a draft to this table. */
  apply(draft: EntryChanges): void {
    this.#revision = {};
    for (const { base, now } of draft.changes()) {
      if (base === undefined) {
        if (now !== undefined) this.append(now);
      } else this.#replace(base, now);
    }
    if (this.#slots.length > 2 * this.#count + 16) this.#compact();
  }

  /** Appends an entry to a table that is being built. */
  append(entry: Entry | ForeignEntry): void {
    this.#count += 1;
    this.#slots.push(entry);
    if (isForeign(entry)) return;
    this.#slotOf?.set(entry, this.#slots.length - 1);
    this.#enlist(entry);
  }

  #replace(entry: Entry, by: Entry | undefined): void {
    const slotOf = (this.#slotOf ??= slotsOf(this.#slots));
    const slot = slotOf.get(entry);
    if (slot === undefined) throw new Error("an entry is replaced that the table does not have");
    slotOf.delete(entry);
    this.#delist(entry);
    this.#slots[slot] = by;
    if (by === undefined) this.#count -= 1;
    else {
      slotOf.set(by, slot);
      this.#enlist(by);
    }
  }

  #enlist(entry: Entry): void {
    let entries = this.#repositories.get(entry.repository);
    if (entries === undefined) {
      entries = new RepositoryEntries();
      this.#repositories.set(entry.repository, entries);
      this.#sortedRepositories = undefined;
    }
    entries.add(entry);
  }

  #delist(entry: Entry): void {
    if (this.#repositories.get(entry.repository)?.remove(entry) !== true) return;
    this.#repositories.delete(entry.repository);
    this.#sortedRepositories = undefined;
  }

  #compact(): void {
    this.#slots = this.#slots.filter((entry) => entry !== undefined);
    this.#slotOf = undefined;
  }
}

function slotsOf(slots: readonly (Entry | ForeignEntry | undefined)[]): Map<Entry, number> {
  const slotOf: Map<Entry, number> = new Map();
  for (const [slot, entry] of slots.entries())
    if (entry !== undefined && !isForeign(entry)) slotOf.set(entry, slot);
  return slotOf;
}
