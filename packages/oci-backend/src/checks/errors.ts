import { RegistryError, type Digest } from "@ocilayout/oci-types";

export { wrongDigest, wrongSize } from "@ocilayout/oci-types/authors";

/** Returns `BLOB_UNKNOWN`: the repository does not have the blob. The message ends with `why`, the reason or a hint. */
export function unknownBlob(digest: string, why?: string): RegistryError {
  return new RegistryError("BLOB_UNKNOWN", because(`no blob ${digest}`, why));
}

/** Returns `MANIFEST_UNKNOWN`: the repository does not have the manifest. */
export function unknownManifest(repository: string, digest: string): RegistryError {
  return new RegistryError("MANIFEST_UNKNOWN", `no manifest ${digest} in ${repository}`);
}

/** Returns `MANIFEST_UNKNOWN`: the repository does not have the tag. */
export function unknownTag(repository: string, tag: string): RegistryError {
  return new RegistryError("MANIFEST_UNKNOWN", `no tag ${tag} in ${repository}`);
}

/** Returns `NAME_UNKNOWN`: the repository does not exist. */
export function unknownRepository(repository: string): RegistryError {
  return new RegistryError("NAME_UNKNOWN", `no repository ${repository}`);
}

/** Returns `BLOB_UPLOAD_UNKNOWN`: the upload does not exist, has ended, or belongs to another repository. */
export function unknownUpload(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_UNKNOWN", "no such upload");
}

/** Returns `BLOB_UPLOAD_INVALID`: another writer has the upload open. */
export function uploadBusy(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_INVALID", "cannot open the upload: another writer has it open");
}

/** Returns `BLOB_UPLOAD_INVALID`: the writer was closed. Its upload can be resumed. */
export function writerClosed(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_INVALID", "the writer was closed: resume the upload");
}

/** Returns `RANGE_INVALID`: an upload of `size` bytes cannot be resumed at `offset`. */
export function wrongOffset(size: number, offset: number): RegistryError {
  return new RegistryError(
    "RANGE_INVALID",
    `cannot resume the upload at offset ${offset}: it has ${size} bytes`,
    {
      detail: { size },
    },
  );
}

/** Returns `RANGE_INVALID`: the range begins after the end of a blob of `size` bytes. */
export function rangeOutside(size: number): RegistryError {
  return new RegistryError(
    "RANGE_INVALID",
    `the range starts after the end of the blob, which has ${size} bytes`,
    { detail: { size } },
  );
}

/** Returns `SIZE_INVALID`: the pushed manifest is larger than `limit` bytes. */
export function manifestTooLarge(limit: number): RegistryError {
  return new RegistryError("SIZE_INVALID", `the manifest is larger than ${limit} bytes`, {
    detail: { limit },
  });
}

/** Returns `MANIFEST_INVALID`: the repository has the same bytes with the media type `known`, not `pushed`. */
export function wrongMediaType(known: string, pushed: string): RegistryError {
  return new RegistryError("MANIFEST_INVALID", `these bytes are stored as ${known}, not as ${pushed}`);
}

/**
 * Returns `MANIFEST_BLOB_UNKNOWN`: a pushed manifest refers to missing content.
 *
 * @param missing - Every missing digest. The message names the first one.
 */
export function missingReferences(missing: readonly Digest[]): RegistryError {
  return new RegistryError(
    "MANIFEST_BLOB_UNKNOWN",
    `the manifest refers to missing content: ${missing[0] ?? ""}`,
    { detail: { missing } },
  );
}

/**
 * Returns `PRECONDITION_FAILED`: the tag does not fulfil `ifMatch` or `ifNoneMatch`.
 *
 * @param digest - The digest that the tag points at; `undefined` if it does not exist.
 */
export function preconditionFailed(tag: string, digest: Digest | undefined): RegistryError {
  const state = digest === undefined ? "does not exist" : `points at ${digest}`;
  return new RegistryError("PRECONDITION_FAILED", `the precondition failed: tag ${tag} ${state}`, {
    detail: { tag, digest: digest ?? null },
  });
}

/** Returns `DENIED` with the reason `READ_ONLY`: the registry was opened for reading only. */
export function readOnly(what = "this registry"): RegistryError {
  return new RegistryError("DENIED", `${what} was opened for reading only`, {
    detail: { reason: "READ_ONLY" },
  });
}

/** Returns `CLOSED`: the registry, or the object that `what` names, was closed. */
export function wasClosed(what = "this registry"): RegistryError {
  return new RegistryError("CLOSED", `${what} was closed`);
}

/**
 * Returns `DENIED` with the reason `REFERENCED`: manifests refer, or may refer, to the content to delete.
 *
 * @param facts - The manifests that refer to the content, or the damaged manifests that may refer to it.
 */
export function stillReferenced(
  message: string,
  facts: { readonly referencedBy: readonly Digest[] } | { readonly damaged: readonly Digest[] },
): RegistryError {
  return new RegistryError("DENIED", message, { detail: { reason: "REFERENCED", ...facts } });
}

function because(what: string, why: string | undefined): string {
  return why === undefined ? what : `${what}: ${why}`;
}
