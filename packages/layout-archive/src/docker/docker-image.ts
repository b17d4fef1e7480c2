import type { CheckedDigest, Descriptor } from "@ocilayout/oci-types";
import { computeDigest, isDigest, isDigestAlgorithm, parseDigest } from "@ocilayout/oci-types";
import { excerpt, isRecord } from "@ocilayout/oci-types/authors";

import { invalidArchive } from "../file/errors.ts";
import { parseJson } from "../members/read-member.ts";
import { requireBounded } from "./docker-items.ts";

/** The media types that skopeo uses for every image of a Docker archive. */
const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG = "application/vnd.docker.container.image.v1+json";
const LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/** The config of an image in a Docker archive. */
export interface DockerConfig {
  readonly digest: CheckedDigest;
  /** In bytes. */
  readonly size: number;
  /** The digests of the decompressed layers, the lowest first. */
  readonly diffIds: readonly CheckedDigest[];
}

/**
 * Parses the config of an image.
 *
 * @throws `RegistryError` `ARCHIVE_INVALID` if it has no valid `diff_ids`.
 */
export async function parseDockerConfig(bytes: Uint8Array, path: string): Promise<DockerConfig> {
  requireBounded(bytes, excerpt(path));
  const document = parseJson(bytes, path);
  const rootfs = isRecord(document) ? document["rootfs"] : undefined;
  const diffIds = isRecord(rootfs) ? (rootfs["diff_ids"] ?? []) : undefined;
  if (!Array.isArray(diffIds) || !diffIds.every(isUsable))
    throw invalidArchive(`the config ${excerpt(path)} has no valid diff_ids`);
  const { digest } = await computeDigest(bytes);
  return { digest: digest, size: bytes.length, diffIds };
}

function isUsable(digest: unknown): digest is CheckedDigest {
  return isDigest(digest) && isDigestAlgorithm(parseDigest(digest)?.algorithm ?? "");
}

/** A manifest that was made for an image of a Docker archive. */
export interface DockerManifest {
  readonly descriptor: Descriptor & { readonly digest: CheckedDigest };
  readonly bytes: Uint8Array;
}

/**
 * Makes the manifest of an image, with the bytes that skopeo makes for `docker-archive:`.
 *
 * @param layers - The digests and sizes of the decompressed layers, the lowest first.
 */
export async function makeDockerManifest(
  { digest, size }: DockerConfig,
  layers: readonly Pick<Descriptor, "digest" | "size">[],
): Promise<DockerManifest> {
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, size, digest },
    layers: layers.map((layer) => ({ mediaType: LAYER, size: layer.size, digest: layer.digest })),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  const named = await computeDigest(bytes);
  return {
    descriptor: { mediaType: MANIFEST, digest: named.digest, size: bytes.length },
    bytes,
  };
}
