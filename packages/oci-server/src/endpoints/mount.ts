import type { Descriptor } from "@ocilayout/oci-types";
import { isDigest, isRegistryError } from "@ocilayout/oci-types";
import { isValidRepository } from "@ocilayout/ociref";

import type { Context } from "./context.ts";
import { HttpError } from "../http/http-error.ts";

/**
 * Mounts a blob from another repository (end-11). Returns `undefined` if that is impossible, and the caller then starts
 * an upload:
 *
 * - The blob is missing.
 * - The client may not read the source repository.
 * - The name of the source is invalid here, as some that containerd sends. `authorize` receives valid names only.
 * - The request names no source, and `authorize` is set. The client may lack access to the repository that has the
 *   blob.
 */
export async function tryMount(
  { registry, request, query, requireAccess, hasRules }: Context,
  repository: string,
  digest: string,
): Promise<Descriptor | undefined> {
  const from = query.get("from") ?? undefined;
  if (!isDigest(digest) || (from === undefined ? hasRules : !isValidRepository(from))) return undefined;
  try {
    if (from !== undefined) await requireAccess({ repository: from, action: "pull" });
    return await registry.mountBlob(from, repository, digest, { signal: request.signal });
  } catch (error) {
    if (isUnmountable(error)) return undefined;
    throw error;
  }
}

/** Whether `error` is about the source or about mounting, so that a push of the content can still succeed. */
function isUnmountable(error: unknown): boolean {
  if (error instanceof HttpError) return true;
  return isRegistryError(
    error,
    "BLOB_UNKNOWN",
    "NAME_UNKNOWN",
    "NAME_INVALID",
    "DIGEST_INVALID",
    "DENIED",
    "CONTENT_CORRUPT",
    "UNSUPPORTED",
  );
}
