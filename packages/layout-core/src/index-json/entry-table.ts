import { manifestKind } from "@ocilayout/oci-types";

import type { Entry, ForeignEntry } from "./entry.ts";
import { isForeign } from "./entry.ts";

/** How much of a repository has to be read for a question: what lists manifests, or every manifest. */
export type Scope = "indexes" | "all";

/** Whether what is said to be of `mediaType` may list other manifests. What has no type may be anything. */
export function mayContain(mediaType: string): boolean {
  return mediaType === "" || manifestKind(mediaType) === "index";
}

/** An entry as it was, and as it is to be; `undefined` where there was or is to be none. */
export interface EntryChange {
  readonly base: Entry | undefined;
  readonly now: Entry | undefined;
}

/** What becomes of the entries of a table. */
export interface EntryChanges {
  /** The change of each entry that changes, in the order of the changes. */
  changes(): readonly EntryChange[];
  /** What becomes of an entry of the table. */
  now(entry: Entry): Entry | undefined;
  /** The entries that are to be added. */
  added(): Iterable<Entry>;
}

/** What can be asked of the entries of an index, be it as it stands or as a transaction would have it. */
export interface EntryView {
  /** The entries that are `tag` in `repository`; the first is the one that counts. It may change with the view. */
  tagged(repository: string, tag: string): ReadonlySet<Entry>;
  /** The entries of `repository` for `digest`. It may change with the view. */
  withDigest(repository: string, digest: string): ReadonlySet<Entry>;
  /** The digests that `repository` has entries for. */
  digests(repository: string): Iterable<string>;
  /** Another object whenever {@link digests} are others. */
  digestsRevision(repository: string): object;
  /**
   * The entries of `repository` whose manifests were not read yet, as far as `scope` says. Whoever read one takes it
   * out.
   */
  unread(repository: string, scope: Scope): Set<Entry>;
}

/** The entries of one key: most have one, and a set for each would take more time and memory than all else. */
type OneOrMore = Entry | Set<Entry>;

/** The entries of one repository, each found by tag and by digest. */
interface RepositoryEntries {
  readonly tags: Map<string, OneOrMore>;
  readonly digests: Map<string, OneOrMore>;
  /** Another one whenever the keys of `digests` are others. */
  revision: object;
  /** In code-unit order; made when first asked for, and never changed afterwards. */
  sortedTags: readonly string[] | undefined;
  /** Made when first asked for. */
  readonly unread: Partial<Record<Scope, Set<Entry>>>;
}

/** What is found where there is nothing. */
const NO_ENTRIES: ReadonlySet<Entry> = new Set();

const SCOPES: readonly Scope[] = ["indexes", "all"];

function isIn(scope: Scope, entry: Entry): boolean {
  return scope === "all" || mayContain(entry.mediaType);
}

/** The entries of an index as it stands on disk. Once it is made, it is changed only by
 * {@link EntryTable.apply}, when a change is committed. */
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

  tagged(repository: string, tag: string): ReadonlySet<Entry> {
    return asSet(this.#repositories.get(repository)?.tags.get(tag));
  }

  withDigest(repository: string, digest: string): ReadonlySet<Entry> {
    return asSet(this.#repositories.get(repository)?.digests.get(digest));
  }

  /** The digests that `repository` has entries for, in the order of these; a snapshot. */
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

  /** The texts of the entries, in order, as they are with `draft` applied. */
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

  /** Makes what `draft` says the state of this table. */
  apply(draft: EntryChanges): void {
    this.#revision = {};
    for (const { base, now } of draft.changes()) {
      if (base === undefined) {
        if (now !== undefined) this.append(now);
      } else this.#replace(base, now);
    }
    if (this.#slots.length > 2 * this.#count + 16) this.#compact();
  }

  /** Adds an entry at the end of a table that is being made. */
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

/** Adds `entry` to its key. Whether it is the first there. */
function addTo(map: Map<string, OneOrMore>, key: string, entry: Entry): boolean {
  const entries = map.get(key);
  if (entries instanceof Set) entries.add(entry);
  else map.set(key, entries === undefined ? entry : new Set([entries, entry]));
  return entries === undefined;
}

/** Removes `entry` from its key. Whether it was the last there. */
function removeFrom(map: Map<string, OneOrMore>, key: string, entry: Entry): boolean {
  const entries = map.get(key);
  if (!(entries instanceof Set)) return entries === entry && map.delete(key);
  return entries.delete(entry) && entries.size === 0 && map.delete(key);
}
