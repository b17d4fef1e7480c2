import type { Entry, ForeignEntry } from "./entry.ts";
import { isForeign } from "./entry.ts";

/** What can be asked of the entries of an index, be it as it stands or as a transaction would have it. */
export interface EntryView {
  /** The entries that are `tag` in `repository`; the first is the one that counts. */
  tagged(repository: string, tag: string): readonly Entry[];
  /** The entries of `repository` for `digest`. */
  withDigest(repository: string, digest: string): readonly Entry[];
  /** All entries of `repository`. */
  inRepository(repository: string): readonly Entry[];
}

/** The entries of one repository, each found by tag and by digest. */
interface RepositoryEntries {
  readonly tags: Map<string, Entry[]>;
  readonly digests: Map<string, Entry[]>;
  /** In code-unit order; made when first asked for, and never changed afterwards. */
  sortedTags: readonly string[] | undefined;
}

/** The entries of an index as it stands on disk. Changed only by {@link EntryTable.apply}, once that is committed. */
export class EntryTable implements EntryView {
  #slots: (Entry | ForeignEntry | undefined)[] = [];
  readonly #slotOf: Map<Entry, number> = new Map();
  readonly #repositories: Map<string, RepositoryEntries> = new Map();
  #sortedRepositories: readonly string[] | undefined;
  #count = 0;

  constructor(entries: Iterable<Entry | ForeignEntry> = []) {
    for (const entry of entries) this.#add(entry);
  }

  /** How many entries there are, foreign ones too. */
  get size(): number {
    return this.#count;
  }

  /** Every entry in its order. */
  *all(): Generator<Entry | ForeignEntry, void, undefined> {
    for (const entry of this.#slots) if (entry !== undefined) yield entry;
  }

  /** The names of the repositories, in code-unit order; a snapshot. */
  repositories(): readonly string[] {
    return (this.#sortedRepositories ??= [...this.#repositories.keys()].sort());
  }

  /** Whether `repository` has an entry. */
  has(repository: string): boolean {
    return this.#repositories.has(repository);
  }

  /** The tags of `repository`, in code-unit order; a snapshot. */
  tags(repository: string): readonly string[] {
    const entries = this.#repositories.get(repository);
    if (entries === undefined) return [];
    return (entries.sortedTags ??= [...entries.tags.keys()].sort());
  }

  tagged(repository: string, tag: string): readonly Entry[] {
    return this.#repositories.get(repository)?.tags.get(tag) ?? [];
  }

  withDigest(repository: string, digest: string): readonly Entry[] {
    return this.#repositories.get(repository)?.digests.get(digest) ?? [];
  }

  inRepository(repository: string): readonly Entry[] {
    return [...(this.#repositories.get(repository)?.digests.values() ?? [])].flat();
  }

  /** The texts of the entries, in order, as they are with `draft` applied. */
  texts(draft: Draft): string[] {
    const texts: string[] = [];
    for (const entry of this.#slots) {
      if (entry === undefined) continue;
      const now = isForeign(entry) ? entry : draft.now(entry);
      if (now !== undefined) texts.push(now.text);
    }
    for (const entry of draft.added()) texts.push(entry.text);
    return texts;
  }

  /** Makes what `draft` says the state of this table. */
  apply(draft: Draft): void {
    for (const { base, now } of draft.changes()) {
      if (base === undefined) {
        if (now !== undefined) this.#add(now);
      } else this.#replace(base, now);
    }
    if (this.#slots.length > 2 * this.#count + 16) this.#compact();
  }

  #add(entry: Entry | ForeignEntry): void {
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
      entries = { tags: new Map(), digests: new Map(), sortedTags: undefined };
      this.#repositories.set(entry.repository, entries);
      this.#sortedRepositories = undefined;
    }
    push(entries.digests, entry.digest, entry);
    if (entry.tag === undefined) return;
    if (!entries.tags.has(entry.tag)) entries.sortedTags = undefined;
    push(entries.tags, entry.tag, entry);
  }

  #delist(entry: Entry): void {
    const entries = this.#repositories.get(entry.repository);
    if (entries === undefined) return;
    pull(entries.digests, entry.digest, entry);
    if (entry.tag !== undefined) {
      pull(entries.tags, entry.tag, entry);
      if (!entries.tags.has(entry.tag)) entries.sortedTags = undefined;
    }
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

/** An entry as it was, and as it is to be; `undefined` where there was or is to be none. */
interface Change {
  readonly base: Entry | undefined;
  now: Entry | undefined;
}

/** What a transaction would make of a table, without touching it. */
export class Draft implements EntryView {
  readonly #table: EntryTable;
  readonly #changes: Change[] = [];
  /** By the entry as it is now. */
  readonly #changeOf: Map<Entry, Change> = new Map();
  /** By the entry as it was. */
  readonly #touched: Map<Entry, Change> = new Map();

  constructor(table: EntryTable) {
    this.#table = table;
  }

  get isChanged(): boolean {
    return this.#changes.length > 0;
  }

  tagged(repository: string, tag: string): readonly Entry[] {
    return this.#view(this.#table.tagged(repository, tag), (entry) => entry.repository === repository && entry.tag === tag);
  }

  withDigest(repository: string, digest: string): readonly Entry[] {
    return this.#view(
      this.#table.withDigest(repository, digest),
      (entry) => entry.repository === repository && entry.digest === digest,
    );
  }

  inRepository(repository: string): readonly Entry[] {
    return this.#view(this.#table.inRepository(repository), (entry) => entry.repository === repository);
  }

  /** Adds an entry at the end. */
  add(entry: Entry): void {
    this.#record({ base: undefined, now: entry });
  }

  /** Puts `by` in the place of `entry`, or nothing. */
  replace(entry: Entry, by: Entry | undefined): void {
    const change = this.#changeOf.get(entry);
    if (change === undefined) {
      const first = { base: entry, now: by };
      this.#touched.set(entry, first);
      this.#record(first);
      return;
    }
    this.#changeOf.delete(entry);
    change.now = by;
    if (by !== undefined) this.#changeOf.set(by, change);
  }

  /** The change of each entry that changes, in the order of the changes. */
  changes(): readonly Readonly<Change>[] {
    return this.#changes;
  }

  /** What becomes of an entry of the table. */
  now(entry: Entry): Entry | undefined {
    const change = this.#touched.get(entry);
    return change === undefined ? entry : change.now;
  }

  /** The entries that are to be added. */
  added(): readonly Entry[] {
    return this.#changes.flatMap(({ base, now }) => (base === undefined && now !== undefined ? [now] : []));
  }

  #record(change: Change): void {
    this.#changes.push(change);
    if (change.now !== undefined) this.#changeOf.set(change.now, change);
  }

  #view(base: readonly Entry[], matches: (entry: Entry) => boolean): readonly Entry[] {
    if (!this.isChanged) return base;
    const kept = base.filter((entry) => !this.#touched.has(entry));
    for (const { now } of this.#changes) if (now !== undefined && matches(now)) kept.push(now);
    return kept;
  }
}

function push(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const entries = map.get(key);
  if (entries === undefined) map.set(key, [entry]);
  else entries.push(entry);
}

function pull(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const left = map.get(key)?.filter((other) => other !== entry) ?? [];
  if (left.length === 0) map.delete(key);
  else map.set(key, left);
}
