import type { Annotations, Descriptor, Digest, ParsedManifest } from "@ocilayout/oci-types";
import { isDigest, isRegistryError, manifestKind, parseManifest } from "@ocilayout/oci-types";

/** A manifest of a repository. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly content: Uint8Array;
  readonly parsed: ParsedManifest;
}

/**
 * Clause 18: a child of an index, as what its bytes say it is or, where they do not say it, as what its index says;
 * `undefined` where it is not that, or missing.
 */
export function readChild(
  { mediaType: claimed, digest }: Descriptor,
  content: Uint8Array | undefined,
): StoredManifest | undefined {
  if (content === undefined) return undefined;
  const mediaType = ownMediaType(content) ?? claimed;
  try {
    return { mediaType, digest, content, parsed: parseManifest(content, mediaType) };
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

/** Media type, digest and size of a manifest; `undefined` where there is none. */
export function describe(manifest: StoredManifest | undefined): Descriptor | undefined {
  if (manifest === undefined) return undefined;
  const { mediaType, digest, content } = manifest;
  return { mediaType, digest, size: content.length };
}

/** What an index lists. */
export function childrenOf({ parsed }: StoredManifest): readonly Descriptor[] {
  return parsed.kind === "index" ? parsed.index.manifests : [];
}

/** Everything that a manifest needs to be whole; its subject is not part of that. */
export function referencesOf(manifest: StoredManifest): string[] {
  const { parsed, content } = manifest;
  switch (parsed.kind) {
    case "index":
      return childrenOf(manifest).map(({ digest }) => digest);
    case "image":
      return [parsed.manifest.config, ...parsed.manifest.layers].map(({ digest }) => digest);
    case "opaque":
      return findDigests(content);
  }
}

/** What is to be said of a manifest as a referrer (clause 21). */
export function describeReferrer({ mediaType, digest, content, parsed }: StoredManifest): Descriptor {
  const size = content.length;
  if (parsed.kind === "opaque") return { mediaType, digest, size };
  const document = parsed.kind === "index" ? parsed.index : parsed.manifest;
  const own = document.artifactType === "" ? undefined : document.artifactType;
  const artifactType = own ?? (parsed.kind === "image" ? parsed.manifest.config.mediaType : undefined);
  const annotations: Annotations | undefined =
    document.annotations === undefined ? undefined : { ...document.annotations };
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** The subject of a manifest, where it has one. */
export function subjectOf({ parsed }: StoredManifest): string | undefined {
  if (parsed.kind === "opaque") return undefined;
  return (parsed.kind === "index" ? parsed.index : parsed.manifest).subject?.digest;
}

/**
 * The digest of every object that has one, at whatever depth, in a document of a type that nobody knows. Without
 * recursion: how deep it goes is its author's choice.
 */
function findDigests(content: Uint8Array): string[] {
  const found: string[] = [];
  const waiting: unknown[] = [parseJson(content)];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null) continue;
    if ("digest" in value && isDigest(value.digest)) found.push(value.digest);
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
