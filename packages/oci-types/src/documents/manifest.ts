import type { Annotations, Descriptor } from "./descriptor.ts";

/**
 * One image or artifact: its config and its layers.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md}
 */
export interface ImageManifest {
  /** Always 2. */
  readonly schemaVersion: 2;
  /** The media type of this document itself. */
  readonly mediaType?: string | undefined;
  /** The type of the artifact. Absent in an image. */
  readonly artifactType?: string | undefined;
  /** The config of the image or artifact, or `emptyDescriptor`. */
  readonly config: Descriptor;
  /** The layers, in order. */
  readonly layers: readonly Descriptor[];
  /** The manifest that this one refers to, for instance the image that a signature belongs to. */
  readonly subject?: Descriptor | undefined;
  /** Annotations of the manifest. */
  readonly annotations?: Annotations | undefined;
}

/**
 * A list of manifests, usually one for each platform.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md}
 */
export interface ImageIndex {
  /** Always 2. */
  readonly schemaVersion: 2;
  /** The media type of this document itself. */
  readonly mediaType?: string | undefined;
  /** The type of the artifact. Absent in an image. */
  readonly artifactType?: string | undefined;
  /** The manifests, in order of preference. */
  readonly manifests: readonly Descriptor[];
  /** The manifest that this index refers to. */
  readonly subject?: Descriptor | undefined;
  /** Annotations of the index. */
  readonly annotations?: Annotations | undefined;
}
