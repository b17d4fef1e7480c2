import type { Annotations, CheckedDigest, Descriptor, ParsedManifest } from "@ocilayout/oci-types";
import { isDigest, isRegistryError, manifestKind, parseManifest } from "@ocilayout/oci-types";

import type { CheckedDescriptor, PushedManifest, StoredManifest } from "./pushed-manifest.ts";

/** The descriptor, content and parsed form of a manifest. */
export interface ReadableManifest extends StoredManifest {
  /** The parsed content. */
  readonly parsed: ParsedManifest;
}

/** Returns the children of an index, and an empty list for any other manifest. */
export function childrenOf({ parsed }: ReadableManifest): readonly Descriptor[] {
  return parsed.kind === "index" ? parsed.index.manifests : [];
}

/** Returns the digests of everything that a manifest refers to, except its subject. */
export function referencesOf(manifest: ReadableManifest): string[] {
  const { parsed, content } = manifest;
  switch (parsed.kind) {
    case "index":
      return childrenOf(manifest).map(({ digest }) => digest);
    case "image":
      return [parsed.manifest.config, ...parsed.manifest.layers].map(({ digest }) => digest);
    case "opaque":
      return findDescriptors(parseJson(content)).map(({ digest }) => digest);
  }
}

/** Returns the digest of the subject of a manifest, or `undefined` if it has no subject. */
export function subjectOf({ parsed }: ReadableManifest): string | undefined {
  if (parsed.kind === "opaque") return undefined;
  return (parsed.kind === "index" ? parsed.index : parsed.manifest).subject?.digest;
}

/**
 * Returns the artifact type of a manifest: its own, or else the media type of its config. Returns `undefined` if it has
 * neither.
 */
export function artifactTypeOf({ parsed }: Pick<ReadableManifest, "parsed">): string | undefined {
  if (parsed.kind === "opaque") return undefined;
  const document = parsed.kind === "index" ? parsed.index : parsed.manifest;
  const own = document.artifactType === "" ? undefined : document.artifactType;
  return own ?? (parsed.kind === "image" ? parsed.manifest.config.mediaType : undefined);
}

/** Returns the descriptor of a manifest for `referrers`, with its artifact type and a copy of its annotations. */
export function describeReferrer(manifest: ReadableManifest): Descriptor {
  const { descriptor, parsed } = manifest;
  const { annotations } =
    parsed.kind === "opaque" ? {} : parsed.kind === "index" ? parsed.index : parsed.manifest;
  return asReferrer(descriptor, { artifactType: artifactTypeOf(manifest), annotations });
}

/** Adds artifact type and annotations to the descriptor of a manifest, if it has them. */
export function asReferrer(
  { mediaType, digest, size }: Descriptor,
  {
    artifactType,
    annotations,
  }: { readonly artifactType: string | undefined; readonly annotations?: Annotations | undefined },
): Descriptor {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
  };
}

/**
 * Parses a child of an index from its stored bytes. Its media type is the one in the bytes, or else the one in the
 * descriptor.
 *
 * @returns `undefined` if the bytes are not such a manifest.
 */
export function readChild(
  { mediaType: claimed, digest }: Descriptor,
  content: Uint8Array<ArrayBuffer>,
): PushedManifest | undefined {
  try {
    const parsed = parseManifest(content, ownMediaType(content) ?? claimed);
    // Content is stored only under valid digests.
    const descriptor = { mediaType: parsed.mediaType, digest: digest as CheckedDigest, size: content.length };
    return { descriptor, content, parsed };
  } catch (error) {
    if (isRegistryError(error, "MANIFEST_INVALID")) return undefined;
    throw error;
  }
}

/** Returns the `mediaType` of a document, if it is a known one. */
function ownMediaType(content: Uint8Array): string | undefined {
  const document = parseJson(content);
  if (typeof document !== "object" || document === null || !("mediaType" in document)) return undefined;
  const { mediaType } = document;
  return typeof mediaType === "string" && manifestKind(mediaType) !== "opaque" ? mediaType : undefined;
}

/**
 * Returns everything in `document` with a digest, at any depth, as descriptors. A document of an unknown type may refer to
 * all of them. A missing media type becomes `""`, a missing size 0. It does not recurse, because documents can be nested
 * deeply.
 */
export function findDescriptors(document: unknown): CheckedDescriptor[] {
  const found: CheckedDescriptor[] = [];
  const waiting = [document];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null) continue;
    const { digest, mediaType, size } = value as Partial<Record<string, unknown>>;
    if (isDigest(digest)) {
      found.push({
        digest,
        mediaType: typeof mediaType === "string" ? mediaType : "",
        size: typeof size === "number" ? size : 0,
      });
    }
    for (const member of Object.values(value)) waiting.push(member);
  }
  return found;
}

/** Parses JSON. Returns `undefined` for other content, which refers to nothing. */
function parseJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch {
    return undefined;
  }
}
