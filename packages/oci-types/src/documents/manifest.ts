import type { Annotations, Descriptor } from "./descriptor.ts";

/**
 * One image or artifact: its config, its layers, and what it refers to.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md}
 */
export interface ImageManifest {
  /** Always 2. */
  readonly schemaVersion: 2;
  /** The media type of this document itself. */
  readonly mediaType?: string | undefined;
  /** What kind of artifact it is, where it is no image. */
  readonly artifactType?: string | undefined;
  /** What is to be known of the image or artifact; the empty descriptor where there is nothing. */
  readonly config: Descriptor;
  /** The content, in order. */
  readonly layers: readonly Descriptor[];
  /** The manifest that this one is about. */
  readonly subject?: Descriptor | undefined;
  /** What else is to be said of it. */
  readonly annotations?: Annotations | undefined;
}

/**
 * A list of manifests, mostly one for each platform.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md}
 */
export interface ImageIndex {
  /** Always 2. */
  readonly schemaVersion: 2;
  /** The media type of this document itself. */
  readonly mediaType?: string | undefined;
  /** What kind of artifact it is, where it is no image. */
  readonly artifactType?: string | undefined;
  /** The manifests, in order of preference. */
  readonly manifests: readonly Descriptor[];
  /** The manifest that this one is about. */
  readonly subject?: Descriptor | undefined;
  /** What else is to be said of it. */
  readonly annotations?: Annotations | undefined;
}
