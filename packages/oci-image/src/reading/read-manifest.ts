import type {
  CallOptions,
  Descriptor,
  ImageIndex,
  ImageManifest,
  RegistryReader,
} from "@ocilayout/oci-types";
import { manifestKind, parseManifest, RegistryError } from "@ocilayout/oci-types";
import { readVerified, requireCount, requireSignal } from "@ocilayout/oci-types/authors";

import type { Place } from "../place/place.ts";
import { requirePlace, sibling } from "../place/place.ts";
import {
  closeQuietly,
  requireStatedDigest,
  requireStatedSize,
  requireStatedType,
  statedBy,
} from "./stated.ts";

/** The part of a registry that reads manifests. */
export type ManifestSource = Pick<RegistryReader, "getManifest" | "getTag">;

/** The content of a manifest, verified against its digest. An opaque manifest has no `document`. */
export type ManifestContent = {
  /** The media type without parameters, the digest and the size in bytes. */
  readonly descriptor: Descriptor;
  /** The exact bytes. */
  readonly bytes: Uint8Array;
} & (
  | { readonly kind: "image"; readonly document: ImageManifest }
  | { readonly kind: "index"; readonly document: ImageIndex }
  | { readonly kind: "opaque"; readonly document?: undefined }
);

/** Options of calls that read manifests. */
export interface ReadManifestOptions extends CallOptions {
  /** The maximum size of a manifest, in bytes. A larger one fails with `SIZE_INVALID`. Defaults to 8 MiB. */
  readonly maxManifestBytes?: number | undefined;
}

const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/**
 * Reads a manifest, verifies it against its digest, and validates it, even if the registry does neither. OCI's and Docker's
 * manifests and indexes have a `document`. A manifest of any other media type is opaque.
 *
 * @throws `RegistryError` with one of these codes:
 *
 * - `MANIFEST_UNKNOWN`: the manifest is missing.
 * - `NAME_INVALID`, `DIGEST_INVALID`: the place is invalid. Also `DIGEST_INVALID` if the digest of a tag cannot be verified.
 * - `CONTENT_CORRUPT`: the content does not match its digest, or the size that the registry states.
 * - `MANIFEST_INVALID`: the document or its media type is invalid. `detail.problems` has the reasons.
 * - `SIZE_INVALID`: the manifest is larger than `maxManifestBytes`, or the registry states an invalid size.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests}
 */
export async function readManifest(
  at: Place<ManifestSource>,
  options: ReadManifestOptions = {},
): Promise<ManifestContent> {
  const { registry, repository, reference, tag, digest: wanted } = requirePlace(at);
  const { signal, maxManifestBytes = MAX_MANIFEST_BYTES } = requireReading(options);
  signal?.throwIfAborted();
  const reader =
    wanted === undefined
      ? await registry.getTag(repository, tag, { signal })
      : await registry.getManifest(repository, wanted, { signal });
  try {
    const stated = statedBy(reader);
    const what = `manifest ${reference}`;
    const digest = wanted ?? requireStatedDigest(stated, what);
    const size = requireStatedSize(stated, what, maxManifestBytes);
    const mediaType = requireStatedType(stated, what);
    const bytes = await readVerified(reader, { digest, size }, { signal, origin: "stored" });
    const parsed = parseManifest(bytes, mediaType);
    const descriptor: Descriptor = { mediaType: parsed.mediaType, digest, size };
    switch (parsed.kind) {
      case "image":
        return { descriptor, bytes, kind: "image", document: parsed.manifest };
      case "index":
        return { descriptor, bytes, kind: "index", document: parsed.index };
      case "opaque":
        return { descriptor, bytes, kind: "opaque" };
    }
  } finally {
    await closeQuietly(reader);
  }
}

/**
 * Reads a child of an index, as {@link readManifest} does.
 *
 * @throws `RegistryError` `MANIFEST_INVALID` if it is of another kind than its descriptor states.
 */
export async function readChild(
  place: Place<ManifestSource>,
  { digest, mediaType }: Descriptor,
  options: ReadManifestOptions,
): Promise<ManifestContent> {
  const manifest = await readManifest(sibling(place, digest), options);
  const kind = manifestKind(mediaType);
  if (manifest.kind === kind) return manifest;
  throw new RegistryError(
    "MANIFEST_INVALID",
    `kind of ${digest} is ${manifest.kind}, not ${kind} as its index states`,
  );
}

/** Checks the options of {@link readManifest}. */
export function requireReading(options: ReadManifestOptions): ReadManifestOptions {
  const signal = requireSignal(options);
  const { maxManifestBytes } = options;
  if (maxManifestBytes !== undefined) requireCount(maxManifestBytes, "maxManifestBytes");
  return { signal, maxManifestBytes };
}
