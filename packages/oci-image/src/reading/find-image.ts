import type { Descriptor, ImageIndex, Platform } from "@ocilayout/oci-types";
import { isRegistryError, manifestKind, RegistryError } from "@ocilayout/oci-types";

import type { Place } from "../place/place.ts";
import { isAttestation, selectPlatform } from "../platform/select-platform.ts";
import { platformOf, readImageConfig } from "./image-config.ts";
import type { ImageSource } from "./image-source.ts";
import type { ManifestContent, ReadManifestOptions } from "./read-manifest.ts";
import { readChild } from "./read-manifest.ts";

/** The maximum number of manifests below an index that are read to find an image. */
const MAX_READS = 1000;

/** The maximum size of the nested indexes and platforms that are kept in memory to find an image, in bytes. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/** The codes of content that an index refers to and that cannot be read. Such a manifest is not a candidate. */
const UNREADABLE = [
  "MANIFEST_UNKNOWN",
  "BLOB_UNKNOWN",
  "MANIFEST_INVALID",
  "CONTENT_CORRUPT",
  "DIGEST_INVALID",
  "SIZE_INVALID",
] as const;

/** A manifest that an index contains, directly or in a nested index, and its platform. */
export interface FoundImage {
  readonly manifest: ManifestContent;
  readonly platform: Platform;
}

/** Searches the images of an index. It reads each nested index and each config once, also for several platforms. */
export class ImageSearch {
  readonly #place: Place<ImageSource>;
  readonly #index: ImageIndex;
  readonly #options: ReadManifestOptions;
  /** The manifests of nested indexes, by digest. An unreadable index has none. */
  readonly #nested: Map<string, readonly Descriptor[]> = new Map();
  /** The platforms in configs, by the digest of the image. `undefined` for an unreadable image. */
  readonly #platforms: Map<string, Platform | undefined> = new Map();
  readonly #offered: Set<Platform> = new Set();
  #reads = 0;
  #keptBytes = 0;

  constructor(place: Place<ImageSource>, index: ImageIndex, options: ReadManifestOptions) {
    this.#place = place;
    this.#index = index;
    this.#options = options;
  }

  /** The platforms of all images that were found so far. */
  get offered(): readonly Platform[] {
    return [...this.#offered];
  }

  /**
   * Finds the image that runs best on the platform `wanted`, as `selectPlatform` chooses. It enters nested indexes, unless
   * their platform does not run on `wanted`. If no descriptor with a platform fits, it reads the configs of the images
   * without one. Missing and damaged indexes and configs are skipped, and so is content of unknown media types.
   *
   * @throws `RegistryError` `MANIFEST_INVALID` if the search needs more than 1,000 manifests, or more than 16 MiB of nested
   * indexes and platforms; the codes of `readManifest` if the chosen manifest cannot be read.
   */
  async find(wanted: Platform): Promise<FoundImage | undefined> {
    const images = await this.#images(wanted);
    const chosen =
      selectPlatform(images, wanted) ?? selectPlatform(await this.#statePlatforms(images), wanted);
    if (chosen?.platform === undefined) return undefined;
    const manifest = await readChild(this.#place, chosen, this.#options);
    return { manifest, platform: chosen.platform };
  }

  /** Returns the images below the index that may run on `wanted`, in the order of the documents. */
  async #images(wanted: Platform): Promise<Descriptor[]> {
    const images: Descriptor[] = [];
    const entered: Set<string> = new Set();
    const waiting = [...this.#index.manifests].reverse();
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const kind = manifestKind(next.mediaType);
      if (kind === "opaque" || isAttestation(next)) continue;
      if (next.platform !== undefined) this.#offered.add(next.platform);
      if (kind === "image") images.push(next);
      else if (!entered.has(next.digest) && mayRun(next, wanted)) {
        entered.add(next.digest);
        for (const child of [...(await this.#enter(next))].reverse()) waiting.push(child);
      }
    }
    return images;
  }

  /** Returns the manifests of a nested index. */
  async #enter(descriptor: Descriptor): Promise<readonly Descriptor[]> {
    const known = this.#nested.get(descriptor.digest);
    if (known !== undefined) return known;
    const index = await this.#unlessUnreadable(() => this.#read(descriptor));
    this.#keep(index?.bytes.length ?? 0);
    const manifests = index?.kind === "index" ? index.document.manifests : [];
    this.#nested.set(descriptor.digest, manifests);
    return manifests;
  }

  /** Returns the images without a platform, each with the platform from its config. */
  async #statePlatforms(images: readonly Descriptor[]): Promise<Descriptor[]> {
    const stated: Descriptor[] = [];
    for (const image of images) {
      if (image.platform !== undefined) continue;
      const platform = await this.#platformOf(image);
      if (platform === undefined) continue;
      this.#offered.add(platform);
      stated.push({ ...image, platform });
    }
    return stated;
  }

  /** Returns the platform in the config of an image. */
  async #platformOf(image: Descriptor): Promise<Platform | undefined> {
    const { digest } = image;
    if (this.#platforms.has(digest)) return this.#platforms.get(digest);
    const platform = await this.#unlessUnreadable(async () => {
      const { kind, document } = await this.#read(image);
      if (kind !== "image") return undefined;
      return platformOf(await readImageConfig(this.#place, document, this.#options));
    });
    if (platform !== undefined) this.#keep(JSON.stringify(platform).length);
    this.#platforms.set(digest, platform);
    return platform;
  }

  async #read(descriptor: Descriptor): Promise<ManifestContent> {
    this.#reads += 1;
    return readChild(this.#place, descriptor, this.#options);
  }

  /** Runs `read`. Returns `undefined` if content is missing or damaged, and rejects for other failures. */
  async #unlessUnreadable<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
    if (this.#reads >= MAX_READS) throw this.#tooMuch("manifests", MAX_READS);
    try {
      return await read();
    } catch (error) {
      if (isRegistryError(error, ...UNREADABLE)) return undefined;
      throw error;
    }
  }

  /** Counts content that stays in memory. */
  #keep(bytes: number): void {
    this.#keptBytes += bytes;
    if (this.#keptBytes > MAX_KEPT_BYTES) throw this.#tooMuch("bytes of indexes", MAX_KEPT_BYTES);
  }

  #tooMuch(what: string, limit: number): RegistryError {
    const message = `cannot choose an image of ${this.#place.reference}: it needs more than ${limit} ${what}`;
    return new RegistryError("MANIFEST_INVALID", message, { detail: { limit } });
  }
}

/** Whether a nested index may have an image that runs on `wanted`. */
function mayRun(index: Descriptor, wanted: Platform): boolean {
  return index.platform === undefined || selectPlatform([index], wanted) !== undefined;
}
