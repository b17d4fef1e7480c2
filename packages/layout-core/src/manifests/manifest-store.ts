import type { CheckedDigest } from "@ocilayout/oci-types";
import { computeDigest, isDigestAlgorithm, parseDigest } from "@ocilayout/oci-types";

import type { BlobFiles } from "../blobs/blob-files.ts";
import { isFileFault } from "../disk/disk.ts";
import { describeFault } from "../disk/storage-error.ts";
import type { ManifestRoot, StoredManifest } from "./stored-manifest.ts";
import { readManifest } from "./stored-manifest.ts";

/** Why there is no manifest to be had under a digest. */
export interface UnreadableManifest {
  /** `"unreadable"`: something is there that cannot be read now, so what it refers to is unknown. */
  readonly state: "absent" | "too large" | "corrupt" | "invalid" | "unreadable";
  /** What is wrong, in words. */
  readonly reason: string;
  /** The system's error, if it refused. */
  readonly cause?: Error | undefined;
}

/** A manifest as stored, or why it cannot be read. */
export type Reading = StoredManifest | UnreadableManifest;

/** Whether a manifest could be read. */
export function isReadable(reading: Reading): reading is StoredManifest {
  return !("state" in reading);
}

/**
 * The manifests of a layout, by digest. Content is named by its digest and so never changes: each is read once. One
 * that is absent or wrong is tried again once something else stands in its place, one that cannot be read each time.
 */
export class ManifestStore {
  readonly #blobs: BlobFiles;
  readonly #maxManifestBytes: number;
  readonly #onRead: (manifest: StoredManifest) => void;
  readonly #known: Map<string, StoredManifest> = new Map();
  readonly #unreadable: Map<
    string,
    { readonly claimed: string; readonly stamp: string | undefined; readonly reading: UnreadableManifest }
  > = new Map();
  /** By digest and claimed type, what is being read. */
  readonly #reading: Map<string, Promise<Reading>> = new Map();

  /** @param onRead - Told of each manifest, once, when it is first read. */
  constructor(blobs: BlobFiles, maxManifestBytes: number, onRead: (manifest: StoredManifest) => void) {
    this.#blobs = blobs;
    this.#maxManifestBytes = maxManifestBytes;
    this.#onRead = onRead;
  }

  /** The manifest, if it was read before. */
  peek(digest: string): StoredManifest | undefined {
    return this.#known.get(digest);
  }

  /**
   * The manifest `root` as stored. Of what `root` claims only the media type is used, and only for a document that
   * does not say itself what it is: that one is read again for each other claim.
   */
  load(root: ManifestRoot): Reading | Promise<Reading> {
    const known = this.#known.get(root.digest);
    if (known !== undefined && isAnswerTo(known, root)) return known;
    const unreadable = this.#unreadable.get(root.digest);
    if (unreadable?.claimed === root.mediaType && unreadable.stamp === this.#blobs.stamp(root.digest))
      return unreadable.reading;
    const key = `${root.digest} ${root.mediaType}`;
    let reading = this.#reading.get(key);
    if (reading === undefined) {
      reading = this.#load(root).finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading;
  }

  /** {@link load} without what was read before: what is on disk now. */
  async loadFresh(root: ManifestRoot): Promise<Reading> {
    const bytes = await this.#read(root.digest);
    if (!(bytes instanceof Uint8Array)) return bytes;
    const manifest = readManifest(bytes, root);
    return typeof manifest === "string" ? { state: "invalid", reason: manifest } : manifest;
  }

  /** Takes a manifest that was stored just now for read. */
  learn(manifest: StoredManifest): void {
    if (this.#known.has(manifest.digest)) return;
    this.#unreadable.delete(manifest.digest);
    this.#known.set(manifest.digest, manifest);
    this.#onRead(manifest);
  }

  /** Forgets what was read of a manifest whose file was removed. */
  forget(digest: string): void {
    this.#known.delete(digest);
    this.#unreadable.delete(digest);
  }

  async #load(root: ManifestRoot): Promise<Reading> {
    const stamp = this.#blobs.stamp(root.digest);
    const reading = await this.loadFresh(root);
    if (isReadable(reading)) {
      this.#unreadable.delete(root.digest);
      this.#known.set(root.digest, reading);
      this.#onRead(reading);
    } else if (reading.state === "unreadable") {
      this.#unreadable.delete(root.digest);
    } else {
      this.#unreadable.set(root.digest, {
        claimed: root.mediaType,
        stamp: reading.state === "absent" ? undefined : stamp,
        reading,
      });
    }
    return reading;
  }

  async #read(digest: CheckedDigest): Promise<Uint8Array | UnreadableManifest> {
    let bytes: Awaited<ReturnType<BlobFiles["readAll"]>>;
    try {
      bytes = await this.#blobs.readAll(digest, this.#maxManifestBytes);
      if (bytes === undefined && (await this.#blobs.isOccupied(digest))) {
        return {
          state: "unreadable",
          reason: "it is not a regular file, or a link that leaves the layout or leads nowhere",
        };
      }
    } catch (cause) {
      if (!isFileFault(cause)) throw cause;
      return { state: "unreadable", reason: describeFault(cause), cause };
    }
    if (bytes === undefined) return { state: "absent", reason: "it is not there" };
    if (bytes === "too large")
      return { state: "too large", reason: `it is larger than ${this.#maxManifestBytes} bytes` };
    const algorithm = parseDigest(digest)?.algorithm ?? "";
    // What nobody here can verify is taken for what it says it is: to keep what it refers to, not to serve it.
    if (!isDigestAlgorithm(algorithm)) return bytes;
    const received = await computeDigest(bytes, { algorithm });
    if (received.digest === digest) return bytes;
    return { state: "corrupt", reason: "its bytes do not match its digest" };
  }
}

/** Whether `known`, which may have been read as something else, is what `root` is. */
function isAnswerTo(known: StoredManifest, { mediaType }: ManifestRoot): boolean {
  return known.isTyped || mediaType === "" || known.mediaType === mediaType;
}
