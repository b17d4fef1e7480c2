import type { CheckedDescriptor } from "@ocilayout/oci-backend";
import type { Digest } from "@ocilayout/oci-types";
import { manifestKind, octetStream } from "@ocilayout/oci-types";

import type { EntryView } from "../index-json/entry-table.ts";
import type { Scope } from "../index-json/repository-entries.ts";
import { mayContain } from "../index-json/repository-entries.ts";
import type { ManifestBlobs, Reading, UnreadableManifest } from "./manifest-store.ts";
import { isReadable, isUntypedOpaque, ManifestStore } from "./manifest-store.ts";
import { Membership, Relations } from "./manifest-relations.ts";
import { pauseIfDue } from "@ocilayout/oci-backend";
import type { ManifestRoot, StoredManifest } from "./stored-manifest.ts";
import { referencesOf } from "./stored-manifest.ts";

/** Settings of {@link ManifestGraph.read}. */
export interface GraphReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called for each manifest that exists but cannot be read now, so that its references are unknown. */
  readonly onUnreadable?: ((root: ManifestRoot, why: UnreadableManifest) => void) | undefined;
}

/** The number of manifests that are read at the same time. */
const PARALLEL = 16;

/**
 * The relations between manifests: which index contains which manifest, and which manifest is the subject of which.
 * These never change, because manifests are named by their content. Which manifests a repository has does change: those
 * of its entries, and everything that they contain. So relations are collected once, and each question climbs from a
 * manifest to the entries of a repository.
 *
 * A missing or damaged manifest contains nothing, and does not disturb others.
 */
export class ManifestGraph {
  readonly store: ManifestStore;
  readonly #relations: Relations = new Relations((digest) => this.store.peek(digest)?.children ?? []);
  /** The manifests for which everything below them was read, by scope. */
  readonly #done: Readonly<Record<Scope, Set<string>>> = { indexes: new Set(), all: new Set() };

  constructor(blobs: ManifestBlobs, maxManifestBytes: number) {
    this.store = new ManifestStore(blobs, maxManifestBytes, (manifest) => {
      this.#relations.add(manifest);
    });
  }

  /** Returns the stored manifest `root`; `undefined` if it is missing or damaged. */
  async load(root: ManifestRoot): Promise<StoredManifest | undefined> {
    const reading = await this.store.load(root);
    return isReadable(reading) ? reading : undefined;
  }

  /**
   * Describes the manifest of an entry. The type and size of the stored bytes count, whatever the entry states. If the
   * bytes have no type, or cannot be read, the entry counts.
   */
  describe(entry: EntryFacts): CheckedDescriptor | Promise<CheckedDescriptor> {
    const reading = this.store.load(entry);
    return reading instanceof Promise
      ? reading.then((read) => describeAs(entry, read))
      : describeAs(entry, reading);
  }

  /** Drops a manifest whose file was removed, and what was read through it: it may come back. */
  forget(digest: string): void {
    this.store.forget(digest);
    this.#relations.haveChanged();
    this.#done.indexes.clear();
    this.#done.all.clear();
  }

  /** Reads the part of `repository` that `scope` covers and that was not read before. To be called before questions. */
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

  /** Reads `root` and what it contains. Returns whether all of it could be read. */
  async readBelow(
    root: ManifestRoot,
    scope: Scope,
    { signal, onUnreadable }: GraphReadOptions = {},
  ): Promise<boolean> {
    const done = this.#done[scope];
    if (done.has(root.digest) || (scope === "indexes" && !mayContain(root.mediaType))) return true;
    const met: Set<string> = new Set([root.digest]);
    const finished: string[] = [];
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
          if (!isUntypedOpaque(reading)) finished.push(reading.digest);
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
    if (isComplete) for (const digest of finished) done.add(digest);
    return isComplete;
  }

  /** Yields the manifests that `roots` contain, at any depth, each once, without the roots themselves. */
  async *contained(roots: readonly ManifestRoot[]): AsyncGenerator<StoredManifest, void, undefined> {
    const above = new Set(roots.map(({ digest }) => digest));
    for await (const manifest of this.below(roots)) if (!above.has(manifest.digest)) yield manifest;
  }

  /** Yields `roots` and the manifests that they contain, at any depth, each once. */
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

  /** Returns the indexes of `repository` that list `digest`, in the order of their digests. */
  containers(view: EntryView, repository: string, digest: string): Digest[] {
    const membership = new Membership(this.#relations, view, repository);
    const parents = [...this.#relations.parentsIn(view, repository, digest)];
    return parents.filter((parent) => membership.has(parent)).sort();
  }

  /** Whether an index of `repository` lists `digest`. */
  isContained(view: EntryView, repository: string, digest: string): boolean {
    const membership = new Membership(this.#relations, view, repository);
    for (const parent of this.#relations.parentsIn(view, repository, digest))
      if (membership.has(parent)) return true;
    return false;
  }

  /** Returns the descriptor of `digest` in the first index of `repository` that lists it. */
  claimed(view: EntryView, repository: string, digest: string): CheckedDescriptor | undefined {
    const [parent] = this.containers(view, repository, digest);
    if (parent === undefined) return undefined;
    return this.store.peek(parent)?.children.find((child) => child.digest === digest);
  }

  /** Returns the manifests of `repository` whose subject is `digest`, in the order of their digests. */
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
   * Yields every manifest that any of `roots` reaches, each once. A manifest that exists but cannot be read is passed
   * to `onUnreadable`, because its references are unknown. Content of an unknown type that is too large to be parsed is
   * not.
   *
   * @param from - `"fresh"` reads from disk, and ignores what was read before.
   */
  async *reachable(
    roots: Iterable<ManifestRoot>,
    onUnreadable: (root: ManifestRoot, why: UnreadableManifest) => void,
    from: "memory" | "fresh" = "memory",
  ): AsyncGenerator<StoredManifest, void, undefined> {
    const seen: Set<string> = new Set();
    // In document order, as in `verify`: if bytes do not state their type, both use the first claim.
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
  // If the bytes do not state their type, each repository has its own, from its entry.
  const mediaType = stored.isTyped || entry.mediaType === "" ? stored.mediaType : entry.mediaType;
  return plainDescriptor({ mediaType, digest: stored.digest, size: stored.size });
}

/** Returns the descriptor that callers get: media type, digest and size only. */
export function plainDescriptor({
  mediaType,
  digest,
  size,
}: Pick<CheckedDescriptor, "mediaType" | "digest" | "size">): CheckedDescriptor {
  return { mediaType: mediaType === "" ? octetStream : mediaType, digest, size };
}
