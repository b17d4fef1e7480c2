import type { Page } from "@ocilayout/oci-backend";
import type { Descriptor, ListOptions, ReferrersOptions, RegistryLister } from "@ocilayout/oci-types";
import { requirePage, unknownRepository } from "@ocilayout/oci-backend";
import { manifestKind, requireDigest, requireString } from "@ocilayout/oci-types";
import { requireRepository } from "@ocilayout/ociref";

import { selectPage } from "../layout/check-input.ts";
import type { Entry } from "../index-json/entry.ts";
import { fullNameOf } from "../index-json/entry.ts";
import type { EntryTable } from "../index-json/entry-table.ts";
import { mayContain } from "../index-json/entry-table.ts";
import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import { plainDescriptor } from "../manifests/manifest-graph.ts";
import { pauseIfDue } from "../event-loop/pace.ts";
import type { StoredManifest } from "../manifests/stored-manifest.ts";

/** A manifest of a repository, and the tags that point at it. */
export interface ManifestListing {
  /** Media type, digest and size. */
  readonly descriptor: Descriptor;
  /** In code-unit order; none where an index contains it or it was left untagged. */
  readonly tags: readonly string[];
  /** The names in `index.json` that cannot be read as a repository and a tag: another tool's, found here by the digest. */
  readonly unreadableNames: readonly string[];
}

/** The listing facet of a layout. */
export class LayoutLister implements RegistryLister {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async *tags(repo: string, options: ListOptions = {}): AsyncGenerator<string, void, undefined> {
    const { signal, asked } = this.#begin(options);
    requireRepository(repo);
    const table = await this.#layout.index.read();
    if (!table.has(repo)) throw unknownRepository(repo);
    yield* page(table.tags(repo), asked, signal);
  }

  async *repositories(options: ListOptions = {}): AsyncGenerator<string, void, undefined> {
    const { signal, asked } = this.#begin(options);
    yield* page((await this.#layout.index.read()).repositories(), asked, signal);
  }

  async *referrers(
    repo: string,
    digest: string,
    options: ReferrersOptions = {},
  ): AsyncGenerator<Descriptor, void, undefined> {
    const { signal, asked } = this.#begin(options);
    requireRepository(repo);
    const { artifactType } = options;
    if (artifactType !== undefined) requireString(artifactType, "artifactType");
    const wanted = requireDigest(digest).digest;
    const { graph, index } = this.#layout;
    const table = await index.read();
    try {
      await graph.read(table, repo, "all", { signal });
    } catch (error) {
      throw storageError(error, "reading manifests");
    }
    const answers: Map<string, StoredManifest> = new Map();
    for (const manifest of graph.referrers(table, repo, wanted)) {
      const [entry] = table.withDigest(repo, manifest.digest);
      // Bytes without a type of their own that were pushed as something unknown are about nothing.
      if (
        !manifest.isTyped &&
        entry !== undefined &&
        entry.mediaType !== "" &&
        manifestKind(entry.mediaType) === "opaque"
      )
        continue;
      if (artifactType === undefined || manifest.artifactType === artifactType) {
        answers.set(manifest.digest, manifest);
      }
    }
    for (const answer of page([...answers.keys()], asked, signal)) {
      const manifest = answers.get(answer);
      if (manifest !== undefined) yield describeReferrer(manifest);
    }
  }

  /** Begins a list: a mistake in its options is told before anything is looked for. */
  #begin(options: ListOptions): { signal: AbortSignal | undefined; asked: Page } {
    const signal = this.#layout.beginRead(options);
    return { signal, asked: requirePage(options) };
  }

  /** Every manifest of a repository, those that its indexes contain too, in the order of their digests. */
  async *manifests(
    repo: string,
    options: ListOptions = {},
  ): AsyncGenerator<ManifestListing, void, undefined> {
    const { signal, asked } = this.#begin(options);
    requireRepository(repo);
    const { graph, index } = this.#layout;
    const table = await index.read();
    if (!table.has(repo)) throw unknownRepository(repo);
    const found: Map<string, ManifestListing> = new Map();
    // All of it at once: the table is another one when something was awaited.
    const named = listNamed(table, repo);
    try {
      const indexes: Entry[] = [];
      for (const { entries, tags } of named) {
        await pauseIfDue();
        const [entry] = entries;
        if (entry === undefined) continue;
        found.set(entry.digest, {
          descriptor: await graph.describe(entry),
          tags,
          unreadableNames: unreadableNames(entries),
        });
        if (mayContain(entry.mediaType)) indexes.push(entry);
      }
      for await (const manifest of graph.contained(indexes)) {
        signal?.throwIfAborted();
        if (!found.has(manifest.digest))
          found.set(manifest.digest, {
            descriptor: plainDescriptor(manifest),
            tags: [],
            unreadableNames: [],
          });
      }
    } catch (error) {
      throw storageError(error, "reading manifests");
    }
    for (const digest of page([...found.keys()].sort(), asked, signal)) {
      const listing = found.get(digest);
      if (listing !== undefined) yield listing;
    }
  }
}

/** The entries of a repository by digest, and the tags that are theirs: that no other entry has first. */
function listNamed(
  table: EntryTable,
  repo: string,
): { readonly entries: readonly Entry[]; readonly tags: string[] }[] {
  return table.digests(repo).map((digest) => {
    const entries = [...table.withDigest(repo, digest)];
    const tags: Set<string> = new Set();
    for (const { tag } of entries) {
      if (tag === undefined) continue;
      const [first] = table.tagged(repo, tag);
      if (first?.digest === digest) tags.add(tag);
    }
    return { entries, tags: [...tags].sort() };
  });
}

function unreadableNames(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap((entry) => (entry.unreadableName === undefined ? [] : (fullNameOf(entry) ?? [])));
}

function describeReferrer(manifest: StoredManifest): Descriptor {
  const { artifactType, annotations } = manifest;
  return {
    ...plainDescriptor(manifest),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
  };
}

function* page(
  items: readonly string[],
  asked: Page,
  signal: AbortSignal | undefined,
): Generator<string, void, undefined> {
  for (const item of selectPage(items, asked)) {
    signal?.throwIfAborted();
    yield item;
  }
}
