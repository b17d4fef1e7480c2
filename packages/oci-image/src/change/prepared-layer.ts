import type { BlobSource, Descriptor, ImageManifest } from "@ocilayout/oci-types";
import { dockerMediaTypes, ociMediaTypes, RegistryError, validateDescriptor } from "@ocilayout/oci-types";
import {
  cloneJson,
  isRecord,
  requireDigest,
  requireObject,
  requireString,
} from "@ocilayout/oci-types/authors";

import type { ImageConfig, ImageHistory } from "../reading/image-config.ts";
import { changeMembers } from "./members.ts";

/**
 * A layer to append to an image.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md}
 */
export interface PreparedLayer {
  /** The media type, the digest and the size of the layer as it is stored. */
  readonly descriptor: Descriptor;
  /** The digest of the uncompressed layer, as `rootfs.diff_ids` has it. */
  readonly diffId: string;
  /** The origin of the layer. Defaults to an entry without members. It must not be an `empty_layer`. */
  readonly history?: ImageHistory | undefined;
  /** The layer as it is stored. Without it, the layer must be in the repository. */
  readonly content?: BlobSource | undefined;
}

/**
 * Checks a layer, and copies it without its content.
 *
 * @throws TypeError for a value of another type.
 * @throws `RegistryError` `DIGEST_INVALID` if `diffId` is not a digest of sha256 or sha512; `MANIFEST_INVALID` if the
 * descriptor is invalid, or the history is an `empty_layer`.
 */
export function requireLayer(layer: PreparedLayer): PreparedLayer {
  requireObject(layer, "a layer");
  const { descriptor, diffId, history = {}, content } = layer;
  requireObject(descriptor, "the descriptor of a layer");
  requireString(diffId, "diffId of a layer");
  const [problem] = validateDescriptor(descriptor);
  if (problem !== undefined) {
    throw new RegistryError(
      "MANIFEST_INVALID",
      `the descriptor of the layer is invalid: ${problem.path} ${problem.reason}`,
      { detail: { problems: [problem] } },
    );
  }
  return {
    descriptor: cloneJson(descriptor),
    diffId: requireDigest(diffId).digest,
    history: requireHistory(history),
    content,
  };
}

const HISTORY_TEXTS = ["created", "created_by", "author", "comment"] as const;

function requireHistory(history: ImageHistory): ImageHistory {
  if (!isRecord(history)) throw new TypeError("the history of a layer must be an object");
  for (const name of HISTORY_TEXTS)
    if (history[name] !== undefined) requireString(history[name], `${name} in the history of a layer`);
  if (history.empty_layer !== true) return cloneJson(history);
  throw new RegistryError("MANIFEST_INVALID", "the history of a layer must not be an empty_layer");
}

/**
 * Appends layers to a manifest that has as many layers as its config. Each also gets an entry in the history, if the history
 * has an entry for each of the layers before.
 */
export function appendLayers(
  { manifest, config }: { readonly manifest: ImageManifest; readonly config: ImageConfig },
  layers: readonly PreparedLayer[],
): { manifest: ImageManifest; config: ImageConfig } {
  if (layers.length === 0) return { manifest, config };
  const { rootfs } = config;
  const history = config.history ?? [];
  const isComplete = history.filter((entry) => entry.empty_layer !== true).length === rootfs.diff_ids.length;
  const diffIds = rootfs.diff_ids.concat(layers.map(({ diffId }) => diffId));
  const entries = history.concat(layers.map((layer) => layer.history ?? {}));
  const descriptors = layers.map(({ descriptor }) => withTypeFor(manifest, descriptor));
  return {
    manifest: changeMembers(manifest, [["layers", manifest.layers.concat(descriptors)]]),
    config: changeMembers(config, [
      ["rootfs", changeMembers(rootfs, [["diff_ids", diffIds]])],
      ["history", isComplete ? entries : config.history],
    ]),
  };
}

/** Returns the descriptor of a layer with OCI's or Docker's media type for gzip, as the manifest needs it. */
function withTypeFor(manifest: ImageManifest, descriptor: Descriptor): Descriptor {
  const isDocker = manifest.mediaType === dockerMediaTypes.manifest;
  const [from, to] = isDocker
    ? [ociMediaTypes.layerGzip, dockerMediaTypes.layerGzip]
    : [dockerMediaTypes.layerGzip, ociMediaTypes.layerGzip];
  return descriptor.mediaType === from ? changeMembers(descriptor, [["mediaType", to]]) : descriptor;
}
