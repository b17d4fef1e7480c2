import type { Entry, ForeignEntry } from "./entry.ts";
import { isForeign } from "./entry.ts";
import type { EntryTable, EntryView } from "./entry-table.ts";
import type { Scope } from "./manifest-graph.ts";

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

  /** That of the table it is made of. */
  get revision(): object {
    return this.#table.revision;
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

  /** Those of the table: what a transaction adds, whoever adds it has read. */
  unread(repository: string, scope: Scope): Set<Entry> {
    return this.#table.unread(repository, scope);
  }

  /** Every entry, foreign ones too. */
  *all(): Generator<Entry | ForeignEntry, void, undefined> {
    for (const entry of this.#table.all()) {
      const now = isForeign(entry) ? entry : this.now(entry);
      if (now !== undefined) yield now;
    }
    yield* this.added();
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
