import type { CallOptions, Descriptor, Registry } from "@ocilayout/oci-types";
import { isRegistryError, mountBlobFrom } from "@ocilayout/oci-types";

import { isIntactBlob, isIntactManifest } from "./intact.ts";
import type { CheckedPlace } from "../place/place.ts";
import type { ManifestContent } from "../reading/read-manifest.ts";
import type { CheckedCopyOptions, CopyOutcome, CopySource } from "./options.ts";

/** The source of a copy. */
export type Source = Pick<CheckedPlace<CopySource>, "registry" | "repository">;

/** A repository that content is copied to, and what is known to be in it. */
export class Target {
  readonly registry: Registry;
  readonly repository: string;
  /** Whether the repository has a manifest, as far as it was asked. */
  readonly #manifests: Map<string, boolean> = new Map();
  /** The blobs that the repository has, as far as it was asked. */
  readonly #blobs: Set<string> = new Set();
  /** The digests that tags pointed at when the registry was asked. */
  readonly #tags: Map<string, string> = new Map();
  readonly #isDeep: boolean;
  readonly #links: boolean;
  readonly #reads: boolean;

  constructor(
    { registry, repository }: Pick<CheckedPlace, "registry" | "repository">,
    { isDeep, links, readsTarget }: Pick<CheckedCopyOptions, "isDeep" | "links" | "readsTarget">,
  ) {
    this.registry = registry;
    this.repository = repository;
    this.#isDeep = isDeep;
    this.#links = links;
    this.#reads = readsTarget;
  }

  /** Whether the repository has the manifest. */
  async hasManifest(digest: string, options: CallOptions): Promise<boolean> {
    const known = this.#manifests.get(digest);
    if (known !== undefined) return known;
    const found = await unlessUnknown(this.registry.resolveManifest(this.repository, digest, options));
    const isThere = found !== undefined && (!this.#reads || (await isIntactManifest(this, digest, options)));
    this.#manifests.set(digest, isThere);
    return isThere;
  }

  /** Asks for the digests that tags point at. */
  async askTags(tags: readonly string[], options: CallOptions): Promise<void> {
    for (const tag of tags) {
      const found = await unlessUnknown(this.registry.resolveTag(this.repository, tag, options));
      if (found === undefined) continue;
      this.#tags.set(tag, found.digest);
      // A tag may outlive its manifest, if a file of a layout is lost.
      if (!this.#isDeep) this.#manifests.set(found.digest, true);
    }
  }

  /** Returns those of `tags` that point elsewhere, as far as the registry was asked. */
  moved(tags: readonly string[], digest: string): string[] {
    return tags.filter((tag) => this.#tags.get(tag) !== digest);
  }

  /** Whether the repository has the blob. */
  async hasBlob(blob: Descriptor, options: CallOptions): Promise<boolean> {
    if (this.#blobs.has(blob.digest)) return true;
    const found = await unlessUnknown(this.registry.resolveBlob(this.repository, blob.digest, options));
    if (found?.size !== blob.size) return false;
    if (this.#reads && !(await isIntactBlob(this, blob, options))) return false;
    return this.#keep(blob, found);
  }

  /** Gets a blob without reading it. Returns `undefined` if its bytes must be pushed. */
  async takeBlob(
    source: Source,
    blob: Descriptor,
    options: CallOptions,
  ): Promise<Exclude<CopyOutcome, "copied" | "skipped"> | undefined> {
    if (await this.hasBlob(blob, options)) return "present";
    // A link would keep a corrupt file of the right size.
    if (!this.#links || this.#reads) return undefined;
    const isSame = this.registry === source.registry;
    const taken = isSame
      ? await unlessUnknown(this.registry.mountBlob(source.repository, this.repository, blob.digest, options))
      : await mountBlobFrom(source, this, blob, options);
    if (taken === undefined) return undefined;
    if (!this.#keep(blob, taken)) return undefined;
    return isSame ? "mounted" : "linked";
  }

  /** Pushes a blob. The registry verifies it. */
  async pushBlob(
    { digest, size }: Descriptor,
    content: AsyncIterable<Uint8Array>,
    options: CallOptions,
  ): Promise<void> {
    await this.registry.pushBlob(this.repository, { digest, size }, content, options);
    this.#blobs.add(digest);
  }

  /**
   * Pushes a manifest. Everything that it needs must be in the repository.
   *
   * @returns Whether the repository did not have it.
   */
  async pushManifest(
    { bytes, descriptor: { digest, mediaType } }: ManifestContent,
    tags: readonly string[],
    options: CallOptions,
  ): Promise<boolean> {
    await this.registry.pushManifest(this.repository, bytes, mediaType, { ...options, digest, tags });
    const isNew = this.#manifests.get(digest) !== true;
    this.#manifests.set(digest, true);
    for (const tag of tags) this.#tags.set(tag, digest);
    return isNew;
  }

  /** Forgets that the repository has a manifest, because it is missing. */
  forget(digest: string): void {
    this.#manifests.delete(digest);
  }

  /** Remembers a blob that the repository has. A file of another size is damaged, and a push replaces it. */
  #keep({ digest, size }: Descriptor, found: Descriptor): boolean {
    if (found.size === size) this.#blobs.add(digest);
    return found.size === size;
  }
}

/** The codes of content that a repository does not have, and of calls that a registry does not support. */
const UNKNOWN = ["MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "NAME_UNKNOWN", "UNSUPPORTED"] as const;

/** Returns `undefined` if the content does not exist, or the registry does not support the call. */
async function unlessUnknown(call: Promise<Descriptor>): Promise<Descriptor | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isRegistryError(error, ...UNKNOWN)) return undefined;
    throw error;
  }
}
