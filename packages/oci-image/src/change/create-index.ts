import type { Annotations, Descriptor, ImageIndex, Platform } from "@ocilayout/oci-types";
import { ociMediaTypes, RegistryError } from "@ocilayout/oci-types";
import {
  checkManifest,
  cloneJson,
  isRecord,
  requireArray,
  requireObject,
  requireString,
} from "@ocilayout/oci-types/authors";

import { formatPlatform, normalizePlatform } from "../platform/platform.ts";
import { writeDocument } from "./rewrite.ts";

/** Options of {@link createIndex}. */
export interface CreateIndexOptions {
  /** Annotations of the index. */
  readonly annotations?: Annotations | undefined;
  /** The type of the artifact, if the index is one. */
  readonly artifactType?: string | undefined;
  /** The manifest that the index refers to. */
  readonly subject?: Descriptor | undefined;
}

/**
 * Creates an index of manifests, without a registry. The manifests keep their order. The same arguments have the same bytes.
 *
 * @returns The document, and its bytes to push as `ociMediaTypes.imageIndex`.
 * @throws TypeError for a value of another type.
 * @throws `RegistryError` `MANIFEST_INVALID` if a descriptor or an option is invalid, or if two descriptors have the same
 * digest and the same platform. `detail.problems` has the reasons.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md}
 */
export function createIndex(
  manifests: readonly Descriptor[],
  options: CreateIndexOptions = {},
): { readonly document: ImageIndex; readonly bytes: Uint8Array } {
  requireArray(manifests, "manifests");
  requireObject(options, "options");
  const { annotations, artifactType, subject } = options;
  for (const manifest of manifests) requireObject(manifest, "the descriptor of a manifest");
  if (artifactType !== undefined) requireString(artifactType, "artifactType");
  if (subject !== undefined) requireObject(subject, "subject");
  const { imageIndex } = ociMediaTypes;
  const document: ImageIndex = cloneJson({
    schemaVersion: 2,
    mediaType: imageIndex,
    ...(artifactType === undefined ? {} : { artifactType }),
    manifests,
    ...(subject === undefined ? {} : { subject }),
    ...(annotations === undefined ? {} : { annotations: requireAnnotations(annotations) }),
  });
  checkManifest(document, imageIndex);
  requireDifferent(document.manifests);
  return { document, bytes: writeDocument(document) };
}

/**
 * Checks annotations, and copies them.
 *
 * @throws TypeError if they are not an object, or one is not a string.
 */
export function requireAnnotations(annotations: Annotations): Annotations {
  if (!isRecord(annotations)) throw new TypeError("annotations must be an object with a text for each name");
  for (const value of Object.values(annotations)) requireString(value, "an annotation");
  return cloneJson(annotations);
}

/** Requires that no manifest is listed twice for the same platform. */
function requireDifferent(manifests: readonly Descriptor[]): void {
  const seen: Set<string> = new Set();
  for (const { digest, platform } of manifests) {
    const key = JSON.stringify([digest, platform === undefined ? null : nameOf(platform)]);
    if (seen.has(key)) {
      const what = platform === undefined ? "without a platform" : `for ${formatPlatform(platform)}`;
      throw new RegistryError("MANIFEST_INVALID", `manifest ${digest} is listed twice ${what}`);
    }
    seen.add(key);
  }
}

function nameOf(platform: Platform): readonly unknown[] {
  const { os, architecture, variant, ...more } = normalizePlatform(platform);
  return [os, architecture, variant, more["os.version"], more["os.features"]];
}
