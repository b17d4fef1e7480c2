import type { CheckedDescriptor } from "@ocilayout/oci-backend";
import type { Digest } from "@ocilayout/oci-types";
import { manifestKind, octetStream } from "@ocilayout/oci-types";

import type { EntryView, Scope } from "../index-json/entry-table.ts";
import { mayContain } from "../index-json/entry-table.ts";
import type { BlobFiles } from "../blobs/blob-files.ts";
import type { Reading, UnreadableManifest } from "./manifest-store.ts";
import { isReadable, ManifestStore } from "./manifest-store.ts";
import { Membership, Relations } from "./manifest-relations.ts";
import { pauseIfDue } from "@ocilayout/oci-backend";
import type { ManifestRoot, StoredManifest } from "./stored-manifest.ts";
import { referencesOf } from "./stored-manifest.ts";

/** Settings of {@link ManifestGraph.read}. */
export interface GraphReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Given each manifest that is there and cannot be read now: what it says of others is unknown. */
  readonly onUnreadable?: ((root: ManifestRoot, why: UnreadableManifest) => void) | undefined;
}

/** How many manifests are read at the same time. */
const PARALLEL = 16;

/**
 * What manifests say of each other: which index contains which, which is about which. That never changes, for they are
 * named by their content; what does is which of them a repository has: those it has entries for, and whatever these
 * contain. So relations are collected once, and each question climbs from a manifest up to the repository's entries.
 *
 * A manifest that is missing or damaged contains nothing and disturbs no other.
 */
export class ManifestGraph {
  readonly store: ManifestStore;
  readonly #relations: Relations = new Relations((digest) => this.store.peek(digest)?.children ?? []);
  /** The manifests below which everything of a scope was read. */
  readonly #done: Readonly<Record<Scope, Set<string>>> = { indexes: new Set(), all: new Set() };

  constructor(blobs: BlobFiles, maxManifestBytes: number) {
    this.store = new ManifestStore(blobs, maxManifestBytes, (manifest) => {
      this.#relations.add(manifest);
    });
  }

  /** The manifest `root` as stored, or `undefined` where it is not there or not whole. */
  async load(root: ManifestRoot): Promise<StoredManifest | undefined> {
    const reading = await this.store.load(root);
    return isReadable(reading) ? reading : undefined;
  }

  /**
   * What an entry is about, as every call answers it: the bytes decide about type and size, whatever the entry says. If they
   * do not say the type, or cannot be read, the entry does.
   */
  describe(entry: EntryFacts): CheckedDescriptor | Promise<CheckedDescriptor> {
    const reading = this.store.load(entry);
    return reading instanceof Promise
      ? reading.then((read) => describeAs(entry, read))
      : describeAs(entry, reading);
  }

  /** Forgets a manifest whose file was removed, and what was read by way of it: it may come back. */
  forget(digest: string): void {
    this.store.forget(digest);
    this.#relations.haveChanged();
    this.#done.indexes.clear();
    this.#done.all.clear();
  }

  /** Reads what `repository` has, as far as `scope` says and it was not read before. To be called before asking. */
  async read(
    view: EntryView,
    repository: string,
    scope: Scope,
    options: GraphReadOptions = {},
  ): Promise<void> {
    const unread = view.unread(repository, scope);
    for (const entry of [...unread]) {
      if (await this.readBelow(entry, scope, options)) unread.delete(entry);
    }
  }

  /** Reads `root` and what it contains. Whether all of it could be read. */
  async readBelow(
    root: ManifestRoot,
    scope: Scope,
    { signal, onUnreadable }: GraphReadOptions = {},
  ): Promise<boolean> {
    const done = this.#done[scope];
    if (done.has(root.digest) || (scope === "indexes" && !mayContain(root.mediaType))) return true;
    const met: Set<string> = new Set([root.digest]);
    let isComplete = true;
    for (let level: readonly ManifestRoot[] = [root]; level.length > 0;) {
      const below: ManifestRoot[] = [];
      for (let at = 0; at < level.length; at += PARALLEL) {
        signal?.throwIfAborted();
        await pauseIfDue();
        const slice = level.slice(at, at + PARALLEL);
        const readings = await Promise.all(slice.map(async (next) => this.store.load(next)));
        for (const [place, reading] of readings.entries()) {
          const asked = slice[place];
          if (!isReadable(reading)) {
            isComplete = false;
            if (asked !== undefined && reading.state === "unreadable") onUnreadable?.(asked, reading);
            continue;
          }
          for (const child of reading.children) {
            if (met.has(child.digest) || done.has(child.digest)) continue;
            if (scope === "indexes" && !mayContain(child.mediaType)) continue;
            met.add(child.digest);
            below.push(child);
          }
        }
      }
      level = below;
    }
    if (isComplete) for (const digest of met) done.add(digest);
    return isComplete;
  }

  /** The manifests that `roots` contain, at any depth, each once; the roots themselves are not among them. */
  async *contained(roots: readonly ManifestRoot[]): AsyncGenerator<StoredManifest, void, undefined> {
    const above = new Set(roots.map(({ digest }) => digest));
    for await (const manifest of this.below(roots)) if (!above.has(manifest.digest)) yield manifest;
  }

  /** `roots` and the manifests that they contain, at any depth, each once. */
  async *below(roots: readonly ManifestRoot[]): AsyncGenerator<StoredManifest, void, undefined> {
    const seen: Set<string> = new Set();
    const waiting = [...roots];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next.digest)) continue;
      seen.add(next.digest);
      await pauseIfDue();
      const manifest = await this.load(next);
      if (manifest === undefined) continue;
      yield manifest;
      for (const child of manifest.children) if (!seen.has(child.digest)) waiting.push(child);
    }
  }

  /** The indexes of `repository` that list `digest`, in the order of their digests. */
  containers(view: EntryView, repository: string, digest: string): Digest[] {
    const membership = new Membership(this.#relations, view, repository);
    const parents = [...(this.#relations.parents.get(digest) ?? [])];
    return parents.filter((parent) => membership.has(parent)).sort();
  }

  /** Whether an index of `repository` lists `digest`. */
  isContained(view: EntryView, repository: string, digest: string): boolean {
    const membership = new Membership(this.#relations, view, repository);
    for (const parent of this.#relations.parents.get(digest) ?? []) if (membership.has(parent)) return true;
    return false;
  }

  /** What the first index of `repository` that lists `digest` says of it. */
  claimed(view: EntryView, repository: string, digest: string): CheckedDescriptor | undefined {
    const [parent] = this.containers(view, repository, digest);
    if (parent === undefined) return undefined;
    return this.store.peek(parent)?.children.find((child) => child.digest === digest);
  }

  /** The manifests of `repository` whose subject is `digest`, in the order of their digests. */
  referrers(view: EntryView, repository: string, digest: string): StoredManifest[] {
    const membership = new Membership(this.#relations, view, repository);
    const found: StoredManifest[] = [];
    for (const candidate of this.#relations.referrersOf(digest)) {
      const manifest = membership.has(candidate) ? this.store.peek(candidate) : undefined;
      if (manifest !== undefined) found.push(manifest);
    }
    return found;
  }

  /**
   * Every manifest that any of `roots` reaches, each once. What is there and cannot be read is handed to
   * `onUnreadable`: what it refers to is unknown. Only of a type that nobody looks into it may be too large.
   *
   * @param from - `"fresh"`: what is on disk now, whatever was read before.
   */
  async *reachable(
    roots: Iterable<ManifestRoot>,
    onUnreadable: (root: ManifestRoot, why: UnreadableManifest) => void,
    from: "memory" | "fresh" = "memory",
  ): AsyncGenerator<StoredManifest, void, undefined> {
    const seen: Set<string> = new Set();
    // In the order of the documents, as verify: of bytes that do not say their type the first claim counts for both.
    const waiting = [...roots].reverse();
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next.digest)) continue;
      seen.add(next.digest);
      await pauseIfDue();
      const reading = await (from === "fresh" ? this.store.loadFresh(next) : this.store.load(next));
      if (isReadable(reading)) {
        yield reading;
        for (const child of referencesOf(reading).manifests.reverse())
          if (!seen.has(child.digest)) waiting.push(child);
        continue;
      }
      const isContent = reading.state === "too large" && manifestKind(next.mediaType) === "opaque";
      if (reading.state !== "absent" && !isContent) onUnreadable(next, reading);
    }
  }
}

type EntryFacts = Pick<CheckedDescriptor, "mediaType" | "digest" | "size">;

function describeAs(entry: EntryFacts, stored: Reading): CheckedDescriptor {
  if (!isReadable(stored)) return plainDescriptor(entry);
  // Bytes that do not say it are what each repository was told: another one may have been told otherwise.
  const mediaType = stored.isTyped || entry.mediaType === "" ? stored.mediaType : entry.mediaType;
  return plainDescriptor({ mediaType, digest: stored.digest, size: stored.size });
}

/** What a caller is told of a manifest: what it is, and nothing that somebody else says of it. */
export function plainDescriptor({
  mediaType,
  digest,
  size,
}: Pick<CheckedDescriptor, "mediaType" | "digest" | "size">): CheckedDescriptor {
  return { mediaType: mediaType === "" ? octetStream : mediaType, digest, size };
}
