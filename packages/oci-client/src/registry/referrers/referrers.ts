import type { ReferrersCall } from "@ocilayout/oci-backend";
import { asReferrer, describeReferrer, readChild, subjectOf } from "@ocilayout/oci-backend";
import type { CheckedDigest, Descriptor } from "@ocilayout/oci-types";
import { isRegistryError, ociMediaTypes, parseManifest, validateDescriptor } from "@ocilayout/oci-types";
import { isRecord, requireDigest } from "@ocilayout/oci-types/authors";

import { collectPages } from "../lists/pages.ts";
import { loadManifest, loadTag } from "../manifests/read-manifest.ts";
import type { Remote } from "../remote/remote.ts";
import { pathOf, scopesOf } from "../remote/remote.ts";

/** A list of referrers, as a call asks for it. */
export type ReferrersQuery = Pick<ReferrersCall, "repository" | "digest" | "signal"> &
  Partial<Pick<ReferrersCall, "artifactType">>;

/** The number of manifests that are fetched at once. */
const CONCURRENCY = 4;

/**
 * Lists the referrers of a digest: with the API of the registry (end-12a, end-12b), or else from the referrers tag. A manifest
 * in the index of that tag counts if its own `subject` is the digest.
 */
export async function listReferrers(remote: Remote, query: ReferrersQuery): Promise<readonly Descriptor[]> {
  return (await referrersFromApi(remote, query)) ?? referrersFromTag(remote, query);
}

/** Asks the referrers API. Returns `undefined` if the registry does not have it. */
export async function referrersFromApi(
  remote: Remote,
  { repository, digest, artifactType, signal }: ReferrersQuery,
): Promise<readonly Descriptor[] | undefined> {
  const filter = artifactType === undefined ? "" : `?artifactType=${encodeURIComponent(artifactType)}`;
  return collectPages(remote, {
    request: {
      target: pathOf(remote, repository, `referrers/${digest}${filter}`),
      scopes: scopesOf(remote, repository, "pull"),
      headers: { accept: `${ociMediaTypes.imageIndex}, */*` },
      signal,
    },
    itemsOf: describedIn,
    keyOf: (descriptor) => descriptor.digest,
    // The API never answers 404, also for an unknown repository.
    absent: [400, 404, 405, 501],
  });
}

async function referrersFromTag(
  remote: Remote,
  { repository, digest, signal }: ReferrersQuery,
): Promise<readonly Descriptor[]> {
  const stored = await loadTag(remote, { repository, tag: referrersTag(digest), signal });
  const index = stored && parseManifest(stored.content, stored.descriptor.mediaType);
  if (index?.kind !== "index") return [];
  const left = index.index.manifests.values();
  const found: Descriptor[] = [];
  const work = async (): Promise<void> => {
    for (const child of left) {
      const referrer = await readReferrer(remote, { repository, digest, signal }, child);
      if (referrer !== undefined) found.push(referrer);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return found;
}

/** Describes a manifest from its bytes. Returns `undefined` if it is missing, damaged, or refers to something else. */
async function readReferrer(
  remote: Remote,
  { repository, digest, signal }: ReferrersQuery,
  child: Descriptor,
): Promise<Descriptor | undefined> {
  try {
    const stored = await loadManifest(remote, {
      repository,
      digest: requireDigest(child.digest).digest,
      signal,
    });
    const manifest = stored && readChild(stored.descriptor, stored.content.slice());
    return manifest !== undefined && subjectOf(manifest) === digest ? describeReferrer(manifest) : undefined;
  } catch (error) {
    if (isRegistryError(error, "CONTENT_CORRUPT", "MANIFEST_INVALID", "SIZE_INVALID", "DIGEST_INVALID"))
      return undefined;
    throw error;
  }
}

/** Returns the valid descriptors in a list of referrers. */
function describedIn(document: unknown): readonly Descriptor[] {
  const manifests = isRecord(document) ? document["manifests"] : undefined;
  if (!Array.isArray(manifests)) return [];
  return manifests
    .filter((it): it is Descriptor => validateDescriptor(it).length === 0)
    .map((descriptor) => asReferrer(descriptor, { artifactType: undefined, ...descriptor }));
}

/**
 * Returns the tag at which clients keep the referrers of a digest for a registry without the API.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema}
 */
export function referrersTag(digest: CheckedDigest): string {
  const [algorithm = "", encoded = ""] = digest.split(":");
  return `${algorithm.slice(0, 32)}-${encoded.slice(0, 64)}`;
}
