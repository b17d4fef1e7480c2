import type { Backend, OpenContent } from "@ocilayout/oci-backend";
import { listOf, unknownBlob } from "@ocilayout/oci-backend";
import type { CheckedDigest, ListOptions } from "@ocilayout/oci-types";
import { layoutNames } from "@ocilayout/oci-types";
import { concatBytes, JsonTextError, readBlobSource } from "@ocilayout/oci-types/authors";

import { damaged, requireUtf8 } from "../disk/layout-files.ts";
import type { EntryTable } from "../index-json/entry-table.ts";
import { requireVersion } from "../index-json/layout-parts.ts";
import { parseIndex, unreadableIndex } from "../index-json/parse-index.ts";
import type { NameRules } from "../index-json/ref-name.ts";
import type { LayoutOptions } from "../layout/options.ts";
import { completeOptions } from "../layout/options.ts";
import { ManifestGraph } from "../manifests/manifest-graph.ts";
import type { ContentReading } from "./layout-view.ts";
import type { ManifestListing } from "./list-manifests.ts";
import { listManifests } from "./list-manifests.ts";
import { listerOf } from "./lister.ts";
import { readerOf } from "./reader.ts";

/** The parts of a layout that is not a directory, such as one in an archive. They never change. */
export interface StoredLayout {
  /** Returns the bytes of `oci-layout` and `index.json`. Called until it succeeds. */
  readParts(): Promise<{ readonly header: Uint8Array; readonly index: Uint8Array }>;
  /** Opens a blob. Returns `undefined` if it is missing. */
  open(digest: CheckedDigest, reading: ContentReading): Promise<OpenContent | undefined>;
  /** Returns the size of a blob in bytes; `undefined` if it is missing. */
  size(digest: CheckedDigest): Promise<number | undefined>;
}

/** The options of a layout that apply to reading. */
export type ReadLayoutOptions = Pick<
  LayoutOptions,
  "defaultRepository" | "nameEntry" | "maxManifestBytes" | "verifyOnRead"
>;

/** A backend that only reads a {@link StoredLayout}. */
export interface LayoutReader {
  /** The methods of a backend that read. */
  readonly backend: Backend;
  /** Lists every manifest of a repository, as `LayoutStore.manifests` does. */
  manifests(backend: Backend, repo: string, options?: ListOptions): AsyncIterable<ManifestListing>;
}

/**
 * Reads a layout that is not a directory. Names, manifests, referrers and damage mean the same as in `openLayout`.
 *
 * @throws TypeError or RangeError if an option is invalid; `RegistryError` `NAME_INVALID` if `defaultRepository` is not
 * a repository name.
 */
export function readStoredLayout(stored: StoredLayout, options: ReadLayoutOptions): LayoutReader {
  const { defaultRepository, nameEntry, maxManifestBytes, verifyOnRead } = options;
  const settings = completeOptions({ defaultRepository, nameEntry, maxManifestBytes, verifyOnRead });
  const index = new StoredIndex(stored, settings);
  const graph = new ManifestGraph(
    {
      readAll: (digest, maxBytes) => readAll(stored, digest, maxBytes),
      isOccupied: async () => false,
      stamp: () => "",
    },
    settings.maxManifestBytes,
  );
  return {
    backend: {
      capabilities: { repositoryScopedBlobs: false },
      maxManifestBytes: settings.maxManifestBytes,
      verifyOnRead: settings.verifyOnRead,
      ...readerOf({
        index,
        graph,
        maxManifestBytes: settings.maxManifestBytes,
        blobs: {
          open: (digest, reading) => stored.open(digest, reading),
          size: (digest) => stored.size(digest),
          unknown: (digest) => unknownBlob(digest),
        },
      }),
      ...listerOf({ index, graph }),
    },
    manifests: (backend, repo, given) =>
      listOf(
        backend,
        repo,
        given,
        (call) => listManifests({ index, graph }, call),
        ({ descriptor }) => descriptor.digest,
      ),
  };
}

/** The entries of a stored layout, which are read once. */
class StoredIndex {
  readonly #stored: StoredLayout;
  readonly #rules: NameRules;
  #table: EntryTable | undefined;
  #reading: Promise<EntryTable> | undefined;

  constructor(stored: StoredLayout, rules: NameRules) {
    this.#stored = stored;
    this.#rules = rules;
  }

  read(): EntryTable | Promise<EntryTable> {
    return this.#table ?? (this.#reading ??= this.#read().finally(() => (this.#reading = undefined)));
  }

  async #read(): Promise<EntryTable> {
    const { header, index } = await this.#stored.readParts();
    requireVersion(parseHeader(requireUtf8(header, layoutNames.header)));
    try {
      const { table } = await parseIndex(requireUtf8(index, layoutNames.index), this.#rules);
      this.#table = table;
      return table;
    } catch (error) {
      throw error instanceof JsonTextError ? unreadableIndex(error) : error;
    }
  }
}

function parseHeader(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw damaged("invalid OCI layout: oci-layout is not valid JSON", cause);
  }
}

async function readAll(
  stored: StoredLayout,
  digest: CheckedDigest,
  maxBytes: number,
): Promise<Uint8Array | "too large" | undefined> {
  const content = await stored.open(digest, { chunks: "owned" });
  if (content === undefined) return undefined;
  if (content.size > maxBytes) {
    await content.close?.();
    return "too large";
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of readBlobSource(content.read(0, content.size))) {
    chunks.push(chunk);
    size += chunk.length;
  }
  return concatBytes(chunks, size);
}
