import { RegistryError, type Digest } from "@ocilayout/oci-types";

export { wrongDigest, wrongSize } from "@ocilayout/oci-types/authors";

/** Returns `BLOB_UNKNOWN`: no such blob. `why`, if given, ends the message: a hint at what is in the way. */
export function unknownBlob(digest: string, why?: string): RegistryError {
  return new RegistryError("BLOB_UNKNOWN", because(`no blob ${digest}`, why));
}

/** Returns `MANIFEST_UNKNOWN`: the repository does not have this manifest. */
export function unknownManifest(repository: string, digest: string): RegistryError {
  return new RegistryError("MANIFEST_UNKNOWN", `no manifest ${digest} in ${repository}`);
}

/** Returns `MANIFEST_UNKNOWN`: the repository does not have this tag. */
export function unknownTag(repository: string, tag: string): RegistryError {
  return new RegistryError("MANIFEST_UNKNOWN", `no tag ${tag} in ${repository}`);
}

/** Returns `NAME_UNKNOWN`: no such repository. */
export function unknownRepository(repository: string): RegistryError {
  return new RegistryError("NAME_UNKNOWN", `no repository ${repository}`);
}

/** Returns `BLOB_UPLOAD_UNKNOWN`: the upload never existed, is over, or belongs to another repository. */
export function unknownUpload(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_UNKNOWN", "no such upload");
}

/** Returns `BLOB_UPLOAD_INVALID`: the upload is open in another writer. */
export function uploadBusy(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_INVALID", "another writer has this upload");
}

/** Returns `BLOB_UPLOAD_INVALID`: the writer was closed, and its upload can be resumed. */
export function writerClosed(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_INVALID", "this writer was closed");
}

/** Returns `RANGE_INVALID`: an upload of `size` bytes cannot be resumed at `offset`. */
export function wrongOffset(size: number, offset: number): RegistryError {
  return new RegistryError("RANGE_INVALID", `the upload has ${size} bytes, not ${offset}`, {
    detail: { size },
  });
}

/** Returns `RANGE_INVALID`: the range begins after the end of a blob of `size` bytes. */
export function rangeOutside(size: number): RegistryError {
  return new RegistryError("RANGE_INVALID", `the blob has ${size} bytes`, { detail: { size } });
}

/** Returns `SIZE_INVALID`: the pushed manifest has more than `limit` bytes. */
export function manifestTooLarge(limit: number): RegistryError {
  return new RegistryError("SIZE_INVALID", `a manifest may have ${limit} bytes`, { detail: { limit } });
}

/** Returns `MANIFEST_INVALID`: the repository has these bytes under the media type `known`, not under `pushed`. */
export function wrongMediaType(known: string, pushed: string): RegistryError {
  return new RegistryError("MANIFEST_INVALID", `these bytes are stored as ${known}, not as ${pushed}`);
}

/** Returns `MANIFEST_BLOB_UNKNOWN`: a pushed manifest refers to `missing`, every digest that is not stored. */
export function missingReferences(missing: readonly Digest[]): RegistryError {
  return new RegistryError(
    "MANIFEST_BLOB_UNKNOWN",
    `the manifest refers to what is not there: ${missing[0] ?? ""}`,
    { detail: { missing } },
  );
}

/** Returns `PRECONDITION_FAILED`: the tag points at `digest`, or does not exist, and the caller requires otherwise. */
export function preconditionFailed(tag: string, digest: Digest | undefined): RegistryError {
  return new RegistryError("PRECONDITION_FAILED", `the tag ${tag} is not as required`, {
    detail: { tag, digest: digest ?? null },
  });
}

/** Returns `DENIED` with the reason `READ_ONLY`: a write on a registry that was opened for reading only. */
export function readOnly(what = "this registry"): RegistryError {
  return new RegistryError("DENIED", `${what} was opened for reading only`, {
    detail: { reason: "READ_ONLY" },
  });
}

/** Returns `CLOSED`: a call on a registry, or on what `what` names, that was closed. */
export function wasClosed(what = "this registry"): RegistryError {
  return new RegistryError("CLOSED", `${what} was closed`);
}

/**
 * Returns `DENIED` with the reason `REFERENCED`: something cannot be deleted, for the reason that `message` gives.
 *
 * @param facts - The manifests that refer to it; or the damaged ones, which leave unknown whether any does.
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
