import type { Descriptor, ImageIndex, Platform } from "@ocilayout/oci-types";
import { isRegistryError, manifestKind } from "@ocilayout/oci-types";

import { nameContent, pointAt, writeDocument } from "../change/rewrite.ts";
import type { Place } from "../place/place.ts";
import { attestedDigest, selectPlatform } from "../platform/select-platform.ts";
import { ImageSearch } from "../reading/find-image.ts";
import { isImage, platformOf, readImageConfig } from "../reading/image-config.ts";
import { noImageFor } from "../reading/read-image.ts";
import type { ManifestContent } from "../reading/read-manifest.ts";
import { readChild } from "../reading/read-manifest.ts";
import type { CheckedCopyOptions, CopySource } from "./options.ts";
import { tooMuch } from "./too-much.ts";

/** A manifest without the parts for other platforms. */
export interface KeptPlatforms {
  /** The manifest to copy: a rewritten index, or the original if nothing is left out. */
  readonly root: ManifestContent;
  /** The rewritten indexes, which the source does not have. */
  readonly rewritten: readonly ManifestContent[];
  /** The digests of the manifests that are left out of indexes that stay as they are. */
  readonly left: ReadonlySet<string>;
}

type IndexContent = ManifestContent & { readonly kind: "index" };

/** The maximum size of the nested indexes that are read, in bytes. */
const MAX_NESTED_BYTES = 16 * 1024 * 1024;

/**
 * Leaves out the manifests of an index that are not for the wanted platforms. For each platform it keeps the image that runs
 * best, and its attestations, also in nested indexes. A nested index without such an image is left out. If `root` is not an
 * index and has no platform, such as an artifact, it is copied whole.
 *
 * @throws `RegistryError` `MANIFEST_UNKNOWN` if one of the platforms has no image; `MANIFEST_INVALID` if a nested index is
 * invalid, or if the nested indexes exceed `limits` or 16 MiB.
 */
export async function keepPlatforms(
  place: Place<CopySource>,
  root: ManifestContent,
  options: CheckedCopyOptions,
): Promise<KeptPlatforms> {
  const { platforms, reading } = options;
  const whole: KeptPlatforms = { root, rewritten: [], left: new Set() };
  if (platforms === undefined) return whole;
  if (root.kind !== "index") {
    await requirePlatforms(place, root, platforms, options);
    return whole;
  }
  const kept: Set<string> = new Set();
  const search = new ImageSearch(place, root.document, reading);
  for (const platform of platforms) {
    const found = await search.find(platform);
    if (found === undefined) throw noImageFor(place, platform, search.offered);
    kept.add(found.manifest.descriptor.digest);
  }
  const pruning = new Pruning(place, kept, options);
  const pruned = (await pruning.prune(root, 0)) ?? root;
  const { left, rewritten } = pruning;
  return options.keepsIndex ? { ...whole, left } : { ...whole, root: pruned, rewritten };
}

/** Requires that a manifest runs on all `platforms`, unless its config states no platform. */
async function requirePlatforms(
  place: Place<CopySource>,
  { kind, descriptor, document }: ManifestContent,
  platforms: readonly Platform[],
  { reading }: CheckedCopyOptions,
): Promise<void> {
  if (kind !== "image" || !isImage(document)) return;
  const platform = platformOf(await readImageConfig(place, document, reading));
  // The config of a cosign signature has an empty platform.
  if (platform.os === "") return;
  for (const wanted of platforms) {
    if (selectPlatform([{ ...descriptor, platform }], wanted) === undefined)
      throw noImageFor(place, wanted, [platform]);
  }
}

/** Rewrites an index, and the indexes that it contains, with only some of their manifests. */
class Pruning {
  readonly rewritten: IndexContent[] = [];
  readonly left: Set<string> = new Set();
  readonly #place: Place<CopySource>;
  readonly #kept: ReadonlySet<string>;
  readonly #options: CheckedCopyOptions;
  readonly #done: Map<string, IndexContent | undefined> = new Map();
  #nestedBytes = 0;

  constructor(place: Place<CopySource>, kept: ReadonlySet<string>, options: CheckedCopyOptions) {
    this.#place = place;
    this.#kept = kept;
    this.#options = options;
  }

  /** Returns the index with what is kept, or `undefined` if nothing is kept. */
  async prune(index: IndexContent, depth: number): Promise<IndexContent | undefined> {
    const manifests: Descriptor[] = [];
    for (const child of index.document.manifests) {
      const kept = await this.#keep(child, depth);
      if (kept === undefined) this.left.add(child.digest);
      else manifests.push(kept);
    }
    const isWhole = manifests.every((child, i) => child.digest === index.document.manifests[i]?.digest);
    const pruned =
      manifests.length === 0
        ? undefined
        : isWhole && manifests.length === index.document.manifests.length
          ? index
          : await this.#rewrite(index, manifests);
    this.#done.set(index.descriptor.digest, pruned);
    return pruned;
  }

  /** Returns the descriptor of a child in the rewritten index, or `undefined` if it is left out. */
  async #keep(child: Descriptor, depth: number): Promise<Descriptor | undefined> {
    if (this.#kept.has(child.digest) || this.#kept.has(attestedDigest(child) ?? "")) return child;
    if (manifestKind(child.mediaType) !== "index") return undefined;
    const pruned = await this.#pruneChild(child, depth + 1);
    if (pruned === undefined) return undefined;
    const { digest, size } = pruned.descriptor;
    return digest === child.digest ? child : pointAt(child, { digest, size });
  }

  /** Prunes a nested index. One that the source does not have is left out. */
  async #pruneChild(child: Descriptor, depth: number): Promise<IndexContent | undefined> {
    const { limits, reading } = this.#options;
    if (depth > limits.depth) throw tooMuch("levels", limits.depth);
    if (this.#done.has(child.digest)) return this.#done.get(child.digest);
    if (this.#done.size >= limits.manifests) throw tooMuch("manifests", limits.manifests);
    try {
      const nested = await readChild(this.#place, child, reading);
      this.#nestedBytes += nested.bytes.length;
      if (this.#nestedBytes > MAX_NESTED_BYTES) throw tooMuch("bytes of nested indexes", MAX_NESTED_BYTES);
      return nested.kind === "index" ? await this.prune(nested, depth) : undefined;
    } catch (error) {
      if (isRegistryError(error, "MANIFEST_UNKNOWN", "BLOB_UNKNOWN")) return undefined;
      throw error;
    }
  }

  async #rewrite(
    { descriptor, document }: IndexContent,
    manifests: readonly Descriptor[],
  ): Promise<IndexContent> {
    const changed: ImageIndex = { ...document, manifests };
    const bytes = writeDocument(changed);
    const { digest, size } = await nameContent(bytes, descriptor);
    const rewritten: IndexContent = {
      kind: "index",
      descriptor: { mediaType: descriptor.mediaType, digest, size },
      bytes,
      document: changed,
    };
    this.rewritten.push(rewritten);
    return rewritten;
  }
}
