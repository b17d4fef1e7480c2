import type { Platform } from "@ocilayout/oci-types";
import { ociMediaTypes } from "@ocilayout/oci-types";

import type { Awaitable, Content } from "./blob.ts";
import { emptyBlob, json, layer } from "./blob.ts";
import type { ManifestContent, ManifestOptions } from "./manifest.ts";
import { manifestDocument } from "./manifest.ts";

/** The default platform of images. */
const linux: Platform = { architecture: "amd64", os: "linux" };

/** Options of {@link image}. */
export interface ImageOptions extends ManifestOptions {
  /** The layers in order; a text becomes a layer. Defaults to none. */
  readonly layers?: readonly (string | Awaitable<Content>)[] | undefined;
  /** The platform. Defaults to linux/amd64. */
  readonly platform?: Platform | undefined;
}

/** Options of {@link artifact}. */
export interface ArtifactOptions extends ManifestOptions {
  /** The layers. Defaults to the empty descriptor `{}`, as the specification requires. */
  readonly layers?: readonly Awaitable<Content>[] | undefined;
}

/**
 * Makes the config of an image.
 *
 * @param platform - Defaults to linux/amd64.
 * @param layers - The layers of the image, uncompressed.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/config.md}
 */
export async function imageConfig(
  platform: Platform = linux,
  layers: readonly Content[] = [],
): Promise<Content> {
  const rootfs = { type: "layers", diff_ids: layers.map(({ descriptor }) => descriptor.digest) };
  return json({ ...platform, config: {}, rootfs }, ociMediaTypes.imageConfig);
}

/**
 * Makes an image and its config. The same options make the same image.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md}
 */
export async function image({
  layers = [],
  platform = linux,
  ...options
}: ImageOptions = {}): Promise<ManifestContent> {
  const parts = await Promise.all(layers.map(async (it) => (typeof it === "string" ? layer(it) : it)));
  return { ...(await manifestOf(await imageConfig(platform, parts), parts, options)), platform };
}

/**
 * Makes an artifact: a manifest with an artifact type and the empty config. The same options make the same artifact.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage}
 */
export async function artifact({
  artifactType = "application/vnd.example",
  layers = [emptyBlob],
  ...options
}: ArtifactOptions = {}): Promise<ManifestContent> {
  return manifestOf(emptyBlob, await Promise.all(layers.map(async (it) => it)), { ...options, artifactType });
}

async function manifestOf(
  config: Content,
  layers: readonly Content[],
  options: ManifestOptions,
): Promise<ManifestContent> {
  const document = await manifestDocument({
    ...options,
    mediaType: ociMediaTypes.imageManifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  });
  return { ...document, blobs: [config, ...layers], children: [] };
}
