import type { Descriptor } from "@ocilayout/oci-types";
import { isDigest, isRegistryError } from "@ocilayout/oci-types";
import { isValidRepository } from "@ocilayout/ociref";

import type { Context } from "./context.ts";
import { HttpError } from "../http/http-error.ts";

/**
 * Mounts a blob from another repository (end-11); `undefined` if that cannot be done, for which the specification has
 * an upload: the blob is missing, the client may not read the source, or the source has a name that is valid elsewhere
 * only, as containerd sends it. `authorize` is asked about valid names alone.
 *
 * Without a source any repository may have the blob, and the client may be barred from that one: if there are rules,
 * there is no such mount.
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
