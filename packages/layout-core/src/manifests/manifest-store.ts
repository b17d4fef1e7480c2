import type { CheckedDigest } from "@ocilayout/oci-types";
import { computeDigest, isDigestAlgorithm, parseDigest } from "@ocilayout/oci-types";

import type { BlobFiles } from "../blobs/blob-files.ts";
import { isFileFault } from "../disk/disk.ts";
import { describeFault } from "../disk/storage-error.ts";
import type { ManifestRoot, StoredManifest } from "./stored-manifest.ts";
import { readManifest } from "./stored-manifest.ts";

/** Why a manifest cannot be read. */
export interface UnreadableManifest {
  /** `"unreadable"`: a file exists but cannot be read now, so its references are unknown. */
  readonly state: "absent" | "too large" | "corrupt" | "invalid" | "unreadable";
  /** A description of the problem. */
  readonly reason: string;
  /** The system's error, if it refused. */
  readonly cause?: Error | undefined;
}

/** The stored blobs that manifests are read from. */
export type ManifestBlobs = Pick<BlobFiles, "readAll" | "isOccupied" | "stamp">;

/** A stored manifest, or why it cannot be read. */
export type Reading = StoredManifest | UnreadableManifest;

/** Whether a manifest was read. */
export function isReadable(reading: Reading): reading is StoredManifest {
  return !("state" in reading);
}

/**
 * The manifests of a layout, by digest. Each is read once, because content never changes under its digest. A missing or
 * invalid manifest is read again when its file changes. One that cannot be read is tried again each time.
 */
export class ManifestStore {
  readonly #blobs: ManifestBlobs;
  readonly #maxManifestBytes: number;
  readonly #onRead: (manifest: StoredManifest) => void;
  readonly #known: Map<string, StoredManifest> = new Map();
  /** Content without a type of its own that was read under an unknown type. In another repository it may be an index. */
  readonly #opaque: Map<string, StoredManifest> = new Map();
  readonly #unreadable: Map<
    string,
    { readonly claimed: string; readonly stamp: string | undefined; readonly reading: UnreadableManifest }
  > = new Map();
  /** The reads in progress, by digest and claimed type. */
  readonly #reading: Map<string, Promise<Reading>> = new Map();

  /** @param onRead - Called once for each manifest, when it is first read. */
  constructor(blobs: ManifestBlobs, maxManifestBytes: number, onRead: (manifest: StoredManifest) => void) {
    this.#blobs = blobs;
    this.#maxManifestBytes = maxManifestBytes;
    this.#onRead = onRead;
  }

  /** Returns the manifest if it was read before. */
  peek(digest: string): StoredManifest | undefined {
    return this.#known.get(digest) ?? this.#opaque.get(digest);
  }

  /**
   * Reads the manifest `root`. The media type of `root` is used only if the document does not state its own. Such a
   * document is read again for each claimed type.
   */
  load(root: ManifestRoot): Reading | Promise<Reading> {
    const known = this.#known.get(root.digest);
    if (known !== undefined && isAnswerTo(known, root)) return known;
    const opaque = this.#opaque.get(root.digest);
    if (opaque !== undefined && isAnswerTo(opaque, root)) return opaque;
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

  /** {@link load} from disk, ignoring what was read before. */
  async loadFresh(root: ManifestRoot): Promise<Reading> {
    const bytes = await this.#read(root.digest);
    if (!(bytes instanceof Uint8Array)) return bytes;
    const manifest = readManifest(bytes, root);
    return typeof manifest === "string" ? { state: "invalid", reason: manifest } : manifest;
  }

  /** Adds a manifest that was just stored, as if it was read. */
  learn(manifest: StoredManifest): void {
    if (this.#known.has(manifest.digest)) return;
    this.#unreadable.delete(manifest.digest);
    this.#known.set(manifest.digest, manifest);
    this.#onRead(manifest);
  }

  /** Drops what was read of a manifest whose file was removed. */
  forget(digest: string): void {
    this.#known.delete(digest);
    this.#opaque.delete(digest);
    this.#unreadable.delete(digest);
  }

  async #load(root: ManifestRoot): Promise<Reading> {
    const stamp = this.#blobs.stamp(root.digest);
    const reading = await this.loadFresh(root);
    if (isReadable(reading)) {
      this.#unreadable.delete(root.digest);
      (isUntypedOpaque(reading) ? this.#opaque : this.#known).set(root.digest, reading);
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
          reason: "its file is a link out of the layout, a dangling link, or not a regular file",
        };
      }
    } catch (cause) {
      if (!isFileFault(cause)) throw cause;
      return { state: "unreadable", reason: describeFault(cause), cause };
    }
    if (bytes === undefined) return { state: "absent", reason: "it is missing" };
    if (bytes === "too large")
      return { state: "too large", reason: `it is larger than ${this.#maxManifestBytes} bytes` };
    const algorithm = parseDigest(digest)?.algorithm ?? "";
    // Content of an unsupported algorithm cannot be verified. It is trusted only to keep what it refers to, not to be
    // served.
    if (!isDigestAlgorithm(algorithm)) return bytes;
    const received = await computeDigest(bytes, { algorithm });
    if (received.digest === digest) return bytes;
    return { state: "corrupt", reason: "its bytes do not match its digest" };
  }
}

/** Whether a manifest has neither a type of its own nor a known type, so that it may be another manifest elsewhere. */
export function isUntypedOpaque({ isTyped, kind }: StoredManifest): boolean {
  return !isTyped && kind === "opaque";
}

/** Whether `known`, which may have been read under another type, is valid for `root`. */
function isAnswerTo(known: StoredManifest, { mediaType }: ManifestRoot): boolean {
  return known.isTyped || mediaType === "" || known.mediaType === mediaType;
}
