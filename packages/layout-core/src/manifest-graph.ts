import type { Descriptor, Digest, ParsedManifest } from "@ocilayout/oci-types";
import { computeDigest, isRegistryError, manifestKind, parseManifest } from "@ocilayout/oci-types";

import type { Disk } from "./fs/disk.ts";
import type { BlobFiles } from "./fs/blob-files.ts";
import { closeQuietly } from "./fs/atomic-file.ts";
import { isRecord } from "./json.ts";

/** A manifest that is stored, as its bytes say. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly parsed: ParsedManifest;
}

/** Where to start: what is needed of a descriptor, or of an entry, to look into its manifest. */
export type ManifestRoot = Pick<Descriptor, "digest" | "mediaType">;

/**
 * What the stored manifests say of each other. Content is addressed by its digest and so never changes: each
 * manifest is read once. One that is missing or damaged contains nothing, and disturbs nobody else.
 */
export class ManifestGraph {
  readonly #disk: Disk;
  readonly #blobs: BlobFiles;
  readonly #maxManifestBytes: number;
  readonly #known: Map<string, StoredManifest> = new Map();

  constructor(disk: Disk, blobs: BlobFiles, maxManifestBytes: number) {
    this.#disk = disk;
    this.#blobs = blobs;
    this.#maxManifestBytes = maxManifestBytes;
  }

  /**
   * The manifest `descriptor` as stored, or `undefined` where it is not there, is not whole, or is no manifest. Of
   * what the descriptor claims only the media type is used, and only for a document that does not say it itself.
   */
  async load(descriptor: ManifestRoot): Promise<StoredManifest | undefined> {
    const known = this.#known.get(descriptor.digest);
    if (known !== undefined) return known;
    const bytes = await this.#read(descriptor.digest);
    if (bytes === undefined) return undefined;
    const mediaType = ownMediaType(bytes) ?? descriptor.mediaType;
    if (manifestKind(mediaType) === "opaque") return undefined;
    try {
      const parsed = parseManifest(bytes, mediaType);
      const manifest = { mediaType, digest: descriptor.digest, size: bytes.length, parsed };
      this.#known.set(descriptor.digest, manifest);
      return manifest;
    } catch (error) {
      if (isRegistryError(error, "MANIFEST_INVALID")) return undefined;
      throw error;
    }
  }

  /** The manifests that the index `root` contains, at any depth, each once; `root` itself is not among them. */
  async *contained(root: ManifestRoot): AsyncGenerator<StoredManifest, void, undefined> {
    const seen: Set<string> = new Set([root.digest]);
    const waiting = childrenOf(await this.load(root));
    for (let child = waiting.pop(); child !== undefined; child = waiting.pop()) {
      if (seen.has(child.digest)) continue;
      seen.add(child.digest);
      const manifest = await this.load(child);
      if (manifest === undefined) continue;
      yield manifest;
      waiting.push(...childrenOf(manifest));
    }
  }

  /** The manifest `digest`, where one of the indexes `roots` contains it. */
  async findContained(roots: Iterable<ManifestRoot>, digest: string): Promise<StoredManifest | undefined> {
    const found = await this.pickContained(roots, new Set([digest]));
    return found.get(digest);
  }

  /** Those of `digests` that one of the indexes `roots` contains. */
  async pickContained(roots: Iterable<ManifestRoot>, digests: ReadonlySet<string>): Promise<Map<string, StoredManifest>> {
    const found: Map<string, StoredManifest> = new Map();
    for (const root of roots) {
      if (found.size === digests.size) break;
      // What is no index contains nothing, and is not worth a look.
      if (manifestKind(root.mediaType) !== "index") continue;
      for await (const manifest of this.contained(root)) {
        if (digests.has(manifest.digest)) found.set(manifest.digest, manifest);
      }
    }
    return found;
  }

  async #read(digest: string): Promise<Uint8Array | undefined> {
    const algorithm = digest.slice(0, digest.indexOf(":"));
    if (algorithm !== "sha256" && algorithm !== "sha512") return undefined;
    const blob = await this.#blobs.open(digest);
    if (blob === undefined) return undefined;
    try {
      if (blob.size > this.#maxManifestBytes) return undefined;
      const bytes = await this.#disk.readFile(blob.file);
      return (await computeDigest(bytes, { algorithm })).digest === digest ? bytes : undefined;
    } finally {
      await closeQuietly(this.#disk, blob.file);
    }
  }
}

/** The manifests that `manifest` lists. */
export function childrenOf(manifest: StoredManifest | undefined): Descriptor[] {
  return manifest?.parsed.kind === "index" ? [...manifest.parsed.index.manifests] : [];
}

/** What the document says that it is: by its member, else by its members. */
function ownMediaType(bytes: Uint8Array): string | undefined {
  try {
    const document: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (!isRecord(document)) return undefined;
    const { mediaType } = document;
    return typeof mediaType === "string" ? mediaType : undefined;
  } catch {
    return undefined; // Not JSON: then it is what it was said to be, if anything.
  }
}
