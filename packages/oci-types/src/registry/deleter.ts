import type { CallOptions } from "../basics/call-options.ts";
import type { DeleteTagOptions } from "./options.ts";

/**
 * Deletes blobs, manifests and tags. Deleting something that does not exist fails.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-16 | Contract, clause 16}
 */
export interface RegistryDeleter {
  /**
   * Deletes a blob from a repository.
   *
   * @throws `RegistryError` `BLOB_UNKNOWN` if the repository does not have the blob. `DENIED` if a manifest refers to it or
   * it is a manifest; `detail.referencedBy` lists those manifests.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-16-blob | Contract, clause 16}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#deleting-blobs}
   */
  deleteBlob(repo: string, digest: string, options?: CallOptions): Promise<void>;

  /**
   * Deletes a manifest and every tag that points at it. The children of an index stay, and can be read by their digests.
   *
   * @throws `RegistryError` `MANIFEST_UNKNOWN` if the repository does not have the manifest. `DENIED` if an index of the
   * repository contains it; `detail.referencedBy` lists the indexes.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-17 | Contract, clauses 16 and 17}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#deleting-manifests}
   */
  deleteManifest(repo: string, digest: string, options?: CallOptions): Promise<void>;

  /**
   * Deletes a tag. Its manifest stays, and can be read by its digest.
   *
   * @throws `RegistryError` `MANIFEST_UNKNOWN` if the tag does not exist. `PRECONDITION_FAILED` if it does not fulfil
   * `ifMatch` or `ifNoneMatch`.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-16-tag | Contract, clause 16}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#deleting-tags}
   */
  deleteTag(repo: string, tag: string, options?: DeleteTagOptions): Promise<void>;
}
