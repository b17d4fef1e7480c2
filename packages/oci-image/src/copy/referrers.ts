import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";
import { requireDigest } from "@ocilayout/oci-types/authors";

import type { Place } from "../place/place.ts";
import { sibling } from "../place/place.ts";
import type { ManifestContent, ReadManifestOptions } from "../reading/read-manifest.ts";
import { readManifest } from "../reading/read-manifest.ts";
import type { CheckedCopyOptions, CopySource } from "./options.ts";
import type { Plan } from "./plan.ts";
import { requireStatedDescriptor } from "../reading/stated-descriptor.ts";
import type { Source } from "./target.ts";
import { tooMuch } from "./too-much.ts";

/** A manifest that refers to a copied one. */
export interface Companion {
  readonly descriptor: Descriptor;
  /** Its tag, if it is content of cosign. */
  readonly tag?: string | undefined;
}

/** The ends of the tags that cosign gives to signatures, attestations and SBOMs. */
const COSIGN = ["sig", "att", "sbom"] as const;

/**
 * Finds the manifests that refer to `root`, to a manifest below it, or to another manifest that was found. They are sorted by
 * digest and tag, because registries list them in different orders.
 */
export async function findCompanions(
  source: Source,
  plan: Plan,
  root: Descriptor,
  { reading, limits }: CheckedCopyOptions,
): Promise<Companion[]> {
  const companions: Companion[] = [];
  const seen: Set<string> = new Set();
  const waiting: Descriptor[] = [root];
  let listed = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next.digest)) continue;
    seen.add(next.digest);
    for (const child of (await plan.source.partsOf(next)).children) waiting.push(child);
    for await (const listing of referrersOf(source, next.digest, reading)) {
      // A list from a hostile registry may never end.
      listed += 1;
      if (listed > limits.references) throw tooMuch("referrers", limits.references);
      const descriptor = requireStatedDescriptor(listing, `a referrer of ${next.digest}`);
      companions.push({ descriptor });
      waiting.push(descriptor);
    }
    for (const companion of await cosignTags(source, next.digest, reading)) {
      companions.push(companion);
      waiting.push(companion.descriptor);
    }
  }
  const keyOf = ({ descriptor, tag = "" }: Companion): string => `${descriptor.digest} ${tag}`;
  return companions.sort((one, other) => {
    const [key, otherKey] = [keyOf(one), keyOf(other)];
    return key < otherKey ? -1 : key > otherKey ? 1 : 0;
  });
}

/**
 * Lists the referrers of a manifest. For a registry without `referrers` it reads the referrers tag.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema}
 */
async function* referrersOf(
  { registry, repository }: Source,
  digest: string,
  options: ReadManifestOptions,
): AsyncGenerator<Descriptor, void, undefined> {
  try {
    yield* registry.referrers(repository, digest, { signal: options.signal });
  } catch (error) {
    if (!isRegistryError(error, "UNSUPPORTED")) throw error;
    const { algorithm, encoded } = requireDigest(digest);
    const place = { registry, repository, reference: `${algorithm}-${encoded.slice(0, 64)}` };
    const tagged = await readIfThere(place, options);
    if (tagged?.kind !== "index") return;
    // Such an index can list manifests that were deleted, and anything else.
    for (const child of tagged.document.manifests) {
      const listed = await readIfThere(sibling(place, child.digest), options);
      if (listed?.document?.subject?.digest === digest) yield child;
    }
  }
}

/** Reads a manifest. Returns `undefined` if it does not exist. */
async function readIfThere(
  place: Place<CopySource>,
  options: ReadManifestOptions,
): Promise<ManifestContent | undefined> {
  try {
    return await readManifest(place, options);
  } catch (error) {
    if (isRegistryError(error, "MANIFEST_UNKNOWN", "NAME_UNKNOWN")) return undefined;
    throw error;
  }
}

/** Returns what cosign attached to a manifest by tags. */
async function cosignTags(
  { registry, repository }: Source,
  digest: string,
  { signal }: CallOptions,
): Promise<Companion[]> {
  const { algorithm, encoded } = requireDigest(digest);
  const find = async (end: string): Promise<Companion[]> => {
    const tag = `${algorithm}-${encoded}.${end}`;
    try {
      const stated = await registry.resolveTag(repository, tag, { signal });
      return [{ descriptor: requireStatedDescriptor(stated, `manifest ${tag}`), tag }];
    } catch (error) {
      if (!isRegistryError(error, "MANIFEST_UNKNOWN", "NAME_UNKNOWN")) throw error;
      return [];
    }
  };
  // A sha512 digest with an end is longer than a tag can be.
  const ends = algorithm === "sha256" ? COSIGN : [];
  return (await Promise.all(ends.map(find))).flat();
}
