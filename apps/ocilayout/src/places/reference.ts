import type { Place } from "@ocilayout/oci-image";
import type { BlobReader, CallOptions, Descriptor } from "@ocilayout/oci-types";
import { collect, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";
import { formatReference } from "@ocilayout/ociref";

import { UsageError } from "../errors/usage-error.ts";
import { listRoots } from "./manifests.ts";
import type { OpenRegistry, OpenTarget } from "./target.ts";
import { spelled } from "./unknown.ts";

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

/**
 * Returns the manifest that a target means. A registry has the default tag `latest`, as for Docker. In an archive with one image,
 * that image is meant. `name:tag@digest` of a registry means the digest.
 *
 * @throws {@link UsageError} If the target has no tag or digest, and no default.
 */
export async function placeOf(target: OpenTarget, options: CallOptions): Promise<Place<OpenRegistry>> {
  const { kind, registry, repository, tag, digest } = target;
  if (kind === "remote") {
    if (target.isWhole) throw new UsageError(`${target.path} needs a repository: docker://HOST/REPOSITORY`);
    return { registry, repository, reference: digest ?? tag ?? "latest" };
  }
  if (kind === "archive" && (tag ?? digest) === undefined) return onlyImage(target, options);
  if ((tag ?? digest) === undefined) throw await needsImage(target, options);
  const reference = requireReference(target);
  return { registry, repository, reference: "tag" in reference ? reference.tag : reference.digest };
}

/** Returns the error for a place without a tag or digest. It names an image that is there. */
async function needsImage(target: OpenTarget, options: CallOptions): Promise<UsageError> {
  const { kind, path, registry, isWhole } = target;
  const limited = { ...options, limit: 1 };
  const [name] = isWhole ? await collect(registry.repositories(limited)) : [target.repository];
  const [tag = "TAG"] = name === undefined ? [] : await collect(registry.tags(name, limited));
  if (name === undefined)
    return new UsageError(`${path} needs a tag or a digest: ${path}:TAG or ${path}@DIGEST`);
  const what = !isWhole ? "a repository" : kind === "tree" ? "a directory of layouts" : "a layout";
  const isBare = isWhole && kind === "layout" && name === target.repository;
  const example = isWhole && !isBare ? spelled(target, name) : path;
  return new UsageError(`${path} is ${what}: name an image in it, such as ${example}:${tag}`);
}

async function onlyImage(
  { path, registry, repository, isWhole }: OpenTarget,
  options: CallOptions,
): Promise<Place<OpenRegistry>> {
  const names = isWhole ? await collect(registry.repositories({ ...options, limit: 2 })) : [repository];
  const [name = repository] = names;
  const listed = names.length > 1 ? [] : await listRoots(registry, name, options);
  const [only] = listed;
  if (only === undefined || listed.length > 1)
    throw new UsageError(
      `${path} has more than one image: add :NAME:TAG, or list them with ocilayout show ${path}`,
    );
  return { registry, repository: name, reference: only.tags[0] ?? only.descriptor.digest };
}

/** Opens the manifest that a path means. */
export async function readTarget(target: OpenTarget, options: CallOptions): Promise<BlobReader> {
  const { registry, repository, reference } = await placeOf(target, options);
  return isDigest(reference)
    ? registry.getManifest(repository, reference, options)
    : registry.getTag(repository, reference, options);
}

/** Describes the manifest at a place. */
export async function resolvePlace(
  { registry, repository, reference }: Place<OpenRegistry>,
  options: CallOptions,
): Promise<Descriptor> {
  return isDigest(reference)
    ? registry.resolveManifest(repository, reference, options)
    : registry.resolveTag(repository, reference, options);
}

/** Whether a reference is a digest. Tags have no colon. */
export function isDigest(reference: string): boolean {
  return reference.includes(":");
}

/** Formats the name of a tag or manifest in its registry. */
export function nameOf(repository: string, reference: Reference): string {
  return formatReference({ repository, ...reference });
}

/** Formats the name of the manifest at a place, in its registry. */
export function nameOfPlace({ repository, reference }: Omit<Place<unknown>, "registry">): string {
  return nameOf(repository, isDigest(reference) ? { digest: reference } : { tag: reference });
}

/**
 * Returns the repository that a target names.
 *
 * @throws `RegistryError` `NAME_INVALID` if it is a registry without a repository.
 */
export function requireRepositoryOf({ kind, isWhole, repository, path }: OpenTarget): string {
  if (kind !== "remote" || !isWhole) return repository;
  throw new RegistryError("NAME_INVALID", `${excerpt(path)} needs a repository: docker://HOST/REPOSITORY`);
}
