import type { Annotations, Descriptor } from "./descriptor.ts";

/**
 * One image or artifact: its config, its layers, and what it refers to.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md}
 */
export interface ImageManifest {
  readonly schemaVersion: 2;
  readonly mediaType?: string | undefined;
  /** What kind of artifact it is, where it is no image. */
  readonly artifactType?: string | undefined;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** The manifest that this one is about. */
  readonly subject?: Descriptor | undefined;
  readonly annotations?: Annotations | undefined;
}

/**
 * A list of manifests, mostly one for each platform.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md}
 */
export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly mediaType?: string | undefined;
  /** What kind of artifact it is, where it is no image. */
  readonly artifactType?: string | undefined;
  readonly manifests: readonly Descriptor[];
  /** The manifest that this one is about. */
  readonly subject?: Descriptor | undefined;
  readonly annotations?: Annotations | undefined;
}
