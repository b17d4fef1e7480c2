import type { CallOptions } from "../basics/call-options.ts";
import type { Descriptor } from "../documents/descriptor.ts";
import type { BlobReader } from "./blob-reader.ts";
import type { ByteRange, ReadOptions } from "./options.ts";

/** Reads blobs, manifests and tags. */
export interface RegistryReader {
  /**
   * Opens a blob. The reader verifies size and digest, and withholds the last chunk until both are right.
   *
   * @returns A reader. Close it, or read it to the end. Reading fails with `CONTENT_CORRUPT` if the stored bytes are wrong.
   * @throws `RegistryError` `BLOB_UNKNOWN` if the repository does not have the blob.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-8 | Contract, clause 8}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs}
   */
  getBlob(repo: string, digest: string, options?: ReadOptions): Promise<BlobReader>;

  /**
   * Opens a part of a blob. The content is not verified.
   *
   * @returns A reader of the range; it is empty if `start` equals `end` or the size. Its descriptor describes the whole blob.
   * @throws `RegistryError` `BLOB_UNKNOWN` if the repository does not have the blob. `RANGE_INVALID` if `start` is greater
   * than the size or than `end`.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-7 | Contract, clause 7}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs}
   */
  getBlobRange(repo: string, digest: string, range: ByteRange, options?: ReadOptions): Promise<BlobReader>;

  /**
   * Opens the manifest with a digest.
   *
   * @returns A reader of exactly the bytes that were pushed, verified like those of a blob.
   * @throws `RegistryError` `MANIFEST_UNKNOWN` if the repository does not have the manifest, even if it has a blob with
   * that digest.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-12 | Contract, clause 12}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests}
   */
  getManifest(repo: string, digest: string, options?: CallOptions): Promise<BlobReader>;

  /**
   * Opens the manifest that a tag points at.
   *
   * @returns A reader, as `getManifest` returns it.
   * @throws `RegistryError` `MANIFEST_UNKNOWN` if the tag does not exist, or if its manifest is missing.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-19 | Contract, clause 19}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests}
   */
  getTag(repo: string, tag: string, options?: CallOptions): Promise<BlobReader>;

  /**
   * Describes a blob without reading it.
   *
   * @returns Its digest and size. The media type is always `application/octet-stream`.
   * @throws `RegistryError` `BLOB_UNKNOWN` if the repository does not have the blob.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-7-descriptor | Contract, clause 7}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#checking-if-content-exists-in-the-registry}
   */
  resolveBlob(repo: string, digest: string, options?: CallOptions): Promise<Descriptor>;

  /**
   * Describes the manifest with a digest.
   *
   * @returns Its media type, digest and size, and no other members.
   * @throws `RegistryError` `MANIFEST_UNKNOWN` if the repository does not have the manifest.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-18 | Contract, clause 18}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#checking-if-content-exists-in-the-registry}
   */
  resolveManifest(repo: string, digest: string, options?: CallOptions): Promise<Descriptor>;

  /**
   * Describes the manifest that a tag points at.
   *
   * @returns Its media type, digest and size, and no other members.
   * @throws `RegistryError` `MANIFEST_UNKNOWN` if the tag does not exist.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-18 | Contract, clause 18}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#checking-if-content-exists-in-the-registry}
   */
  resolveTag(repo: string, tag: string, options?: CallOptions): Promise<Descriptor>;
}
