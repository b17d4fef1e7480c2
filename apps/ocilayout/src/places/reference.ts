import type { BlobReader, CallOptions, Descriptor } from "@ocilayout/oci-types";
import { formatReference } from "@ocilayout/ociref";

import { UsageError } from "../errors/usage-error.ts";
import type { OpenTarget } from "./open.ts";

/** A tag or a digest. */
export type Reference = { readonly tag: string } | { readonly digest: string };

/**
 * Returns the tag or digest of a path.
 *
 * @throws {@link UsageError} If the path has neither, or both.
 */
export function requireReference({
  path,
  tag,
  digest,
}: Pick<OpenTarget, "path" | "tag" | "digest">): Reference {
  if (tag !== undefined && digest !== undefined) {
    throw new UsageError(`${path} has a tag and a digest: leave out :${tag} or @${digest}`);
  }
  if (tag !== undefined) return { tag };
  if (digest !== undefined) return { digest };
  throw new UsageError(`${path} needs a tag or a digest: ${path}:TAG or ${path}@DIGEST`);
}

/** Opens the manifest that a path means. */
export async function readTarget(target: OpenTarget, options: CallOptions): Promise<BlobReader> {
  const { registry, repository } = target;
  const reference = requireReference(target);
  return "tag" in reference
    ? registry.getTag(repository, reference.tag, options)
    : registry.getManifest(repository, reference.digest, options);
}

/** Describes the manifest that a path means. */
export async function resolveTarget(target: OpenTarget, options: CallOptions): Promise<Descriptor> {
  const { registry, repository } = target;
  const reference = requireReference(target);
  return "tag" in reference
    ? registry.resolveTag(repository, reference.tag, options)
    : registry.resolveManifest(repository, reference.digest, options);
}

/** Formats the name of a tag or manifest in its registry. */
export function nameOf(repository: string, reference: Reference): string {
  return formatReference({ repository, ...reference });
}
