import type { Draft } from "./draft.ts";
import type { Entry, ForeignEntry } from "./entry.ts";
import { isForeign } from "./entry.ts";
import type { Scope } from "./manifest-graph.ts";
import { mayContain } from "./manifest-store.ts";

/** What can be asked of the entries of an index, be it as it stands or as a transaction would have it. */
export interface EntryView {
  /** The entries that are `tag` in `repository`; the first is the one that counts. */
  tagged(repository: string, tag: string): readonly Entry[];
  /** The entries of `repository` for `digest`. */
  withDigest(repository: string, digest: string): readonly Entry[];
  /**
   * The entries of `repository` whose manifests were not read yet, as far as `scope` says. Whoever read one takes it
   * out.
   */
  unread(repository: string, scope: Scope): Set<Entry>;
}

/** The entries of one repository, each found by tag and by digest. */
interface RepositoryEntries {
  readonly tags: Map<string, Entry[]>;
  readonly digests: Map<string, Entry[]>;
  /** In code-unit order; made when first asked for, and never changed afterwards. */
  sortedTags: readonly string[] | undefined;
  /** Made when first asked for. */
  readonly unread: Partial<Record<Scope, Set<Entry>>>;
}

const SCOPES: readonly Scope[] = ["indexes", "all"];

function isIn(scope: Scope, entry: Entry): boolean {
  return scope === "all" || mayContain(entry.mediaType);
}

/** The entries of an index as it stands on disk. Changed only by {@link EntryTable.apply}, once that is committed. */
export class EntryTable implements EntryView {
  #slots: (Entry | ForeignEntry | undefined)[] = [];
  readonly #slotOf: Map<Entry, number> = new Map();
  readonly #repositories: Map<string, RepositoryEntries> = new Map();
  #sortedRepositories: readonly string[] | undefined;
  #count = 0;
  #revision: object = {};

  constructor(entries: Iterable<Entry | ForeignEntry> = []) {
    for (const entry of entries) this.#add(entry);
  }

  /** Another one whenever the entries are others. */
  get revision(): object {
    return this.#revision;
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

  /** The digests that `repository` has entries for, in the order of these. */
  digests(repository: string): readonly string[] {
    return [...(this.#repositories.get(repository)?.digests.keys() ?? [])];
  }

  unread(repository: string, scope: Scope): Set<Entry> {
    const entries = this.#repositories.get(repository);
    if (entries === undefined) return new Set();
    return (entries.unread[scope] ??= new Set([...entries.digests.values()].flat().filter((entry) => isIn(scope, entry))));
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
    this.#revision = {};
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
      entries = { tags: new Map(), digests: new Map(), sortedTags: undefined, unread: {} };
      this.#repositories.set(entry.repository, entries);
      this.#sortedRepositories = undefined;
    }
    push(entries.digests, entry.digest, entry);
    for (const scope of SCOPES) if (isIn(scope, entry)) entries.unread[scope]?.add(entry);
    if (entry.tag === undefined) return;
    if (!entries.tags.has(entry.tag)) entries.sortedTags = undefined;
    push(entries.tags, entry.tag, entry);
  }

  #delist(entry: Entry): void {
    const entries = this.#repositories.get(entry.repository);
    if (entries === undefined) return;
    pull(entries.digests, entry.digest, entry);
    for (const scope of SCOPES) entries.unread[scope]?.delete(entry);
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
