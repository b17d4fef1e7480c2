import { manifestKind } from "@ocilayout/oci-types";

import type { Entry } from "./entry.ts";

/** The manifests that a question requires to be read: those that may list others, or all. */
export type Scope = "indexes" | "all";

/** Whether content of `mediaType` may list other manifests. True without a type, because then it may be anything. */
export function mayContain(mediaType: string): boolean {
  return mediaType === "" || manifestKind(mediaType) === "index";
}

/** The result of a query without matches. */
export const NO_ENTRIES: ReadonlySet<Entry> = new Set();

const SCOPES: readonly Scope[] = ["indexes", "all"];

function isIn(scope: Scope, entry: Entry): boolean {
  return scope === "all" || mayContain(entry.mediaType);
}

/** The entries of one key. Most keys have one entry, and a set for each would dominate time and memory. */
type OneOrMore = Entry | Set<Entry>;

interface Maps {
  readonly tags: Map<string, OneOrMore>;
  readonly digests: Map<string, OneOrMore>;
}

/**
 * The entries of one repository, by tag and by digest. Each of the two maps is created when it is first needed, because most
 * readers need one of them. They are not empty.
 */
export class RepositoryEntries {
  /** All entries, as long as none was removed or added after a map was created. */
  #all: Entry[] | undefined = [];
  #tags: Maps["tags"] | undefined;
  #digests: Maps["digests"] | undefined;
  #sortedTags: readonly string[] | undefined;
  readonly #unread: Partial<Record<Scope, Set<Entry>>> = {};
  /** Replaced whenever the digests change. */
  revision: object = {};

  get tags(): ReadonlyMap<string, OneOrMore> {
    return (this.#tags ??= mapOf(this.#all, ({ tag }) => tag));
  }

  get digests(): ReadonlyMap<string, OneOrMore> {
    return (this.#digests ??= mapOf(this.#all, ({ digest }) => digest));
  }

  /** The tags in code-unit order. Created on demand, and not modified afterwards. */
  get sortedTags(): readonly string[] {
    return (this.#sortedTags ??= [...this.tags.keys()].sort());
  }

  /** Returns the entries in `scope` whose manifests were not read yet. */
  unread(scope: Scope): Set<Entry> {
    return (this.#unread[scope] ??= new Set(entriesIn(scope, this.digests.values())));
  }

  add(entry: Entry): void {
    for (const scope of SCOPES) {
      const unread = this.#unread[scope];
      if (unread !== undefined && isIn(scope, entry)) unread.add(entry);
    }
    if (this.#all !== undefined && this.#tags === undefined && this.#digests === undefined) {
      this.#all.push(entry);
      this.revision = {};
      this.#sortedTags = undefined;
      return;
    }
    const { tags, digests } = this.#maps();
    if (addTo(digests, entry.digest, entry)) this.revision = {};
    if (entry.tag !== undefined && addTo(tags, entry.tag, entry)) this.#sortedTags = undefined;
  }

  /** Removes an entry. Returns whether it was the last one. */
  remove(entry: Entry): boolean {
    const { tags, digests } = this.#maps();
    for (const scope of SCOPES) this.#unread[scope]?.delete(entry);
    if (removeFrom(digests, entry.digest, entry)) this.revision = {};
    if (entry.tag !== undefined && removeFrom(tags, entry.tag, entry)) this.#sortedTags = undefined;
    return digests.size === 0;
  }

  /** Returns both maps for a change. From here on, only they have the entries. */
  #maps(): Maps {
    const tags = (this.#tags ??= mapOf(this.#all, ({ tag }) => tag));
    const digests = (this.#digests ??= mapOf(this.#all, ({ digest }) => digest));
    this.#all = undefined;
    return { tags, digests };
  }
}

function mapOf(
  entries: readonly Entry[] = [],
  keyOf: (entry: Entry) => string | undefined,
): Map<string, OneOrMore> {
  const map: Map<string, OneOrMore> = new Map();
  for (const entry of entries) {
    const key = keyOf(entry);
    if (key !== undefined) addTo(map, key, entry);
  }
  return map;
}

function* entriesIn(scope: Scope, all: Iterable<OneOrMore>): Generator<Entry, void, undefined> {
  for (const entries of all) {
    if (!(entries instanceof Set)) {
      if (isIn(scope, entries)) yield entries;
    } else for (const entry of entries) if (isIn(scope, entry)) yield entry;
  }
}

/** Returns the entries of a key as a set. */
export function asSet(entries: OneOrMore | undefined): ReadonlySet<Entry> {
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
