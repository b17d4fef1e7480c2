import type { Annotations, CheckedDigest, Descriptor, ParsedManifest } from "@ocilayout/oci-types";
import { isDigest, isRegistryError, manifestKind, parseManifest } from "@ocilayout/oci-types";

import type { CheckedDescriptor, PushedManifest, StoredManifest } from "./pushed-manifest.ts";

/** The descriptor, content and meaning of a manifest: what its relations are read from. */
export interface ReadableManifest extends StoredManifest {
  /** What the bytes say. */
  readonly parsed: ParsedManifest;
}

/** Returns what an index lists; nothing for any other manifest. */
export function childrenOf({ parsed }: ReadableManifest): readonly Descriptor[] {
  return parsed.kind === "index" ? parsed.index.manifests : [];
}

/** Returns the digests of everything that a manifest needs to be complete; its subject is not part of that. */
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

/** Returns the digest of the manifest that a manifest is about; `undefined` if it has no subject. */
export function subjectOf({ parsed }: ReadableManifest): string | undefined {
  if (parsed.kind === "opaque") return undefined;
  return (parsed.kind === "index" ? parsed.index : parsed.manifest).subject?.digest;
}

/** Returns the artifact type of a manifest: its own, else the media type of its config; `undefined` if it has neither. */
export function artifactTypeOf({ parsed }: Pick<ReadableManifest, "parsed">): string | undefined {
  if (parsed.kind === "opaque") return undefined;
  const document = parsed.kind === "index" ? parsed.index : parsed.manifest;
  const own = document.artifactType === "" ? undefined : document.artifactType;
  return own ?? (parsed.kind === "image" ? parsed.manifest.config.mediaType : undefined);
}

/** Describes a manifest as `referrers` lists it: with its artifact type and a copy of its annotations. */
export function describeReferrer(manifest: ReadableManifest): Descriptor {
  const { descriptor, parsed } = manifest;
  const { annotations } =
    parsed.kind === "opaque" ? {} : parsed.kind === "index" ? parsed.index : parsed.manifest;
  return asReferrer(descriptor, { artifactType: artifactTypeOf(manifest), annotations });
}

/** Adds to the media type, digest and size of a manifest what `referrers` lists beside them, if it is there. */
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
 * Reads a child of an index from the bytes that are stored for it. It has the type that its bytes state or, if they state
 * none, the type in its descriptor.
 *
 * @returns `undefined` if the bytes are not such a manifest.
 */
export function readChild(
  { mediaType: claimed, digest }: Descriptor,
  content: Uint8Array<ArrayBuffer>,
): PushedManifest | undefined {
  try {
    const parsed = parseManifest(content, ownMediaType(content) ?? claimed);
    // A digest that content is stored under was checked.
    const descriptor = { mediaType: parsed.mediaType, digest: digest as CheckedDigest, size: content.length };
    return { descriptor, content, parsed };
  } catch (error) {
    if (isRegistryError(error, "MANIFEST_INVALID")) return undefined;
    throw error;
  }
}

/** The known type that a document says it is of. */
function ownMediaType(content: Uint8Array): string | undefined {
  const document = parseJson(content);
  if (typeof document !== "object" || document === null || !("mediaType" in document)) return undefined;
  const { mediaType } = document;
  return typeof mediaType === "string" && manifestKind(mediaType) !== "opaque" ? mediaType : undefined;
}

/**
 * Returns everything in `document` that has a digest, at any depth, as descriptors: what a document of an unknown type may
 * refer to. A missing media type is `""`, a missing size 0. Not recursive, because the document may be nested deeply.
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

/** What is not JSON refers to nothing. */
function parseJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch {
    return undefined;
  }
}
