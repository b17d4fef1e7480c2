import { manifestKind } from "@ocilayout/oci-types";

import type { Entry, ForeignEntry } from "./entry.ts";
import { isForeign } from "./entry.ts";

/** The manifests that a question requires to be read: those that may list others, or all. */
export type Scope = "indexes" | "all";

/** Whether content of `mediaType` may list other manifests. True without a type, because then it may be anything. */
export function mayContain(mediaType: string): boolean {
  return mediaType === "" || manifestKind(mediaType) === "index";
}

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

/** The entries of one key. Most keys have one entry, and a set for each would dominate time and memory. */
type OneOrMore = Entry | Set<Entry>;

/** The entries of one repository, by tag and by digest. */
interface RepositoryEntries {
  readonly tags: Map<string, OneOrMore>;
  readonly digests: Map<string, OneOrMore>;
  /** Replaced whenever the keys of `digests` change. */
  revision: object;
  /** In code-unit order. Created on demand, and not modified afterwards. */
  sortedTags: readonly string[] | undefined;
  /** Created on demand. */
  readonly unread: Partial<Record<Scope, Set<Entry>>>;
}

/** The result of a query without matches. */
const NO_ENTRIES: ReadonlySet<Entry> = new Set();

const SCOPES: readonly Scope[] = ["indexes", "all"];

function isIn(scope: Scope, entry: Entry): boolean {
  return scope === "all" || mayContain(entry.mediaType);
}

/**
 * The entries of an index as it is on disk. A complete table changes only in {@link EntryTable.apply}, when a change is
 * committed.
 */
export class EntryTable implements EntryView {
  #slots: (Entry | ForeignEntry | undefined)[] = [];
  readonly #slotOf: Map<Entry, number> = new Map();
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
    const entries = this.#repositories.get(repository);
    if (entries === undefined) return [];
    return (entries.sortedTags ??= [...entries.tags.keys()].sort());
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
    const entries = this.#repositories.get(repository);
    if (entries === undefined) return new Set();
    return (entries.unread[scope] ??= new Set(entriesIn(scope, entries.digests.values())));
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
    this.#slotOf.set(entry, this.#slots.length - 1);
    this.#enlist(entry);
  }

  #replace(entry: Entry, by: Entry | undefined): void {
    const slot = this.#slotOf.get(entry);
    if (slot === undefined) throw new Error("an entry is replaced that the table does not have");
    this.#slotOf.delete(entry);
    this.#delist(entry);
    this.#slots[slot] = by;
    if (by === undefined) this.#count -= 1;
    else {
      this.#slotOf.set(by, slot);
      this.#enlist(by);
    }
  }

  #enlist(entry: Entry): void {
    let entries = this.#repositories.get(entry.repository);
    if (entries === undefined) {
      entries = { tags: new Map(), digests: new Map(), revision: {}, sortedTags: undefined, unread: {} };
      this.#repositories.set(entry.repository, entries);
      this.#sortedRepositories = undefined;
    }
    if (addTo(entries.digests, entry.digest, entry)) entries.revision = {};
    for (const scope of SCOPES) if (isIn(scope, entry)) entries.unread[scope]?.add(entry);
    if (entry.tag === undefined) return;
    if (addTo(entries.tags, entry.tag, entry)) entries.sortedTags = undefined;
  }

  #delist(entry: Entry): void {
    const entries = this.#repositories.get(entry.repository);
    if (entries === undefined) return;
    if (removeFrom(entries.digests, entry.digest, entry)) entries.revision = {};
    for (const scope of SCOPES) entries.unread[scope]?.delete(entry);
    if (entry.tag !== undefined && removeFrom(entries.tags, entry.tag, entry)) entries.sortedTags = undefined;
    if (entries.digests.size > 0) return;
    this.#repositories.delete(entry.repository);
    this.#sortedRepositories = undefined;
  }

  #compact(): void {
    this.#slots = this.#slots.filter((entry) => entry !== undefined);
    for (const [slot, entry] of this.#slots.entries()) {
      if (entry !== undefined && !isForeign(entry)) this.#slotOf.set(entry, slot);
    }
  }
}

function* entriesIn(scope: Scope, all: Iterable<OneOrMore>): Generator<Entry, void, undefined> {
  for (const entries of all) {
    if (!(entries instanceof Set)) {
      if (isIn(scope, entries)) yield entries;
    } else for (const entry of entries) if (isIn(scope, entry)) yield entry;
  }
}

function asSet(entries: OneOrMore | undefined): ReadonlySet<Entry> {
  if (entries === undefined) return NO_ENTRIES;
  return entries instanceof Set ? entries : new Set([entries]);
}

/** Adds `entry` to its key. Returns whether it is the first one. */
function addTo(map: Map<string, OneOrMore>, key: string, entry: Entry): boolean {
  const entries = map.get(key);
  if (entries instanceof Set) entries.add(entry);
  else map.set(key, entries === undefined ? entry : new Set([entries, entry]));
  return entries === undefined;
}

/** Removes `entry` from its key. Returns whether it was the last one. */
function removeFrom(map: Map<string, OneOrMore>, key: string, entry: Entry): boolean {
  const entries = map.get(key);
  if (!(entries instanceof Set)) return entries === entry && map.delete(key);
  return entries.delete(entry) && entries.size === 0 && map.delete(key);
}
