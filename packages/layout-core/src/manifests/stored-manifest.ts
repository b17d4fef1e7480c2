import type { CheckedDescriptor } from "@ocilayout/oci-backend";
import { artifactTypeOf, findDescriptors } from "@ocilayout/oci-backend";
import type {
  Annotations,
  CheckedDigest,
  Descriptor,
  ManifestKind,
  ParsedManifest,
} from "@ocilayout/oci-types";
import { isDigest, isMediaType, isRegistryError, manifestKind, ociMediaTypes } from "@ocilayout/oci-types";
import { checkManifest, stripMediaTypeParameters, isRecord } from "@ocilayout/oci-types/authors";

/** The part of a descriptor or an entry that is needed to read its manifest. */
export type ManifestRoot = Pick<CheckedDescriptor, "digest" | "mediaType">;

/** The type and the references of a stored manifest. Its bytes are not kept. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly digest: CheckedDigest;
  /** The stored size in bytes, whatever a descriptor states. */
  readonly size: number;
  /** Whether its bytes state its type. If not, the type is that of an entry or descriptor. */
  readonly isTyped: boolean;
  readonly kind: ManifestKind;
  /** The manifests that an index lists. */
  readonly children: readonly CheckedDescriptor[];
  /** Config and layers. For a document of an unknown type, everything in it that may be a reference. */
  readonly parts: readonly CheckedDescriptor[];
  readonly subject: CheckedDigest | undefined;
  /** The manifest's own artifact type or, without one, the media type of its config. */
  readonly artifactType: string | undefined;
  readonly annotations: Annotations | undefined;
}

/** The artifact manifest of an earlier image-spec. It is read, but never written. */
const ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json";

/**
 * Returns the references of a stored manifest: manifests, whose own references count too, and content. In a document of
 * an unknown type, everything that looks like a descriptor counts as a reference, and `verify` does not require it to
 * exist.
 */
export function referencesOf({ kind, children, parts }: StoredManifest): {
  manifests: CheckedDescriptor[];
  content: CheckedDescriptor[];
  isGuess: boolean;
} {
  if (kind !== "opaque") return { manifests: [...children], content: [...parts], isGuess: false };
  const manifests = parts.filter(({ mediaType }) => manifestKind(mediaType) !== "opaque");
  return {
    manifests,
    content: parts.filter(({ mediaType }) => manifestKind(mediaType) === "opaque"),
    isGuess: true,
  };
}

/**
 * Reads `bytes` as the manifest `root`. If the document states its type, that type counts, whatever `root` claims. If
 * neither states a type, the members of the document decide. Limits on the number of values do not apply to stored
 * manifests, because the references of a large one must be known too.
 *
 * @returns A description of the problem if the manifest is invalid.
 */
export function readManifest(
  bytes: Uint8Array,
  { digest, mediaType: claimed }: ManifestRoot,
): StoredManifest | string {
  const document = parseDocument(bytes);
  const own = ownMediaType(document);
  const mediaType = own ?? (claimed === "" ? typeByMembers(document) : undefined) ?? claimed;
  const identity = { mediaType, digest, size: bytes.length, isTyped: own !== undefined };
  const stripped = stripMediaTypeParameters(mediaType);
  if (manifestKind(stripped) !== "opaque" && (document === undefined || beginsWithMark(bytes)))
    return "it is not JSON in UTF-8";
  try {
    return summarize(identity, checkManifest(document, stripped), document);
  } catch (error) {
    if (!isRegistryError(error, "MANIFEST_INVALID")) throw error;
    return error.message;
  }
}

/** Converts a parsed manifest to what {@link readManifest} returns; `undefined` for an unknown type. */
export function asStored(
  { mediaType, digest, size }: Pick<CheckedDescriptor, "mediaType" | "digest" | "size">,
  parsed: ParsedManifest,
): StoredManifest | undefined {
  if (parsed.kind === "opaque") return undefined;
  return summarize({ mediaType, digest, size, isTyped: statedType(parsed) !== undefined }, parsed, undefined);
}

/** Returns the `mediaType` that a parsed manifest states itself; `undefined` if it states none, or is opaque. */
export function statedType(parsed: ParsedManifest): string | undefined {
  switch (parsed.kind) {
    case "image":
      return parsed.manifest.mediaType;
    case "index":
      return parsed.index.mediaType;
    case "opaque":
      return undefined;
  }
}

type Identity = Pick<StoredManifest, "mediaType" | "digest" | "size" | "isTyped">;

function summarize(identity: Identity, parsed: ParsedManifest, document: unknown): StoredManifest {
  switch (parsed.kind) {
    case "image": {
      const { config, layers, subject, annotations } = parsed.manifest;
      return {
        ...identity,
        kind: "image",
        children: [],
        parts: checked([config, ...layers]),
        subject: checkedSubject(subject),
        artifactType: artifactTypeOf({ parsed }),
        annotations,
      };
    }
    case "index": {
      const { manifests, subject, annotations } = parsed.index;
      const own = { subject: checkedSubject(subject), artifactType: artifactTypeOf({ parsed }), annotations };
      return { ...identity, kind: "index", children: checked(manifests), parts: [], ...own };
    }
    case "opaque":
      return opaque(identity, document);
  }
}

/** Returns the digest of the subject of a manifest that `checkManifest` validated. */
function checkedSubject(subject: Descriptor | undefined): CheckedDigest | undefined {
  return subject?.digest as CheckedDigest | undefined;
}

/** Returns descriptors of a manifest that `checkManifest` validated, including their digests. */
function checked(descriptors: readonly Descriptor[]): readonly CheckedDescriptor[] {
  return descriptors as readonly CheckedDescriptor[];
}

function opaque(identity: Identity, document: unknown): StoredManifest {
  const isArtifact = identity.mediaType === ARTIFACT_MANIFEST && isRecord(document);
  const known = isArtifact
    ? readArtifact(document)
    : { subject: undefined, artifactType: undefined, annotations: undefined };
  const parts = findDescriptors(document).filter((part) => part.digest !== known.subject);
  return { ...identity, kind: "opaque", children: [], parts, ...known };
}

/** Reads the members of an artifact manifest that describe it. */
function readArtifact({
  subject,
  artifactType,
  annotations,
}: Record<string, unknown>): Pick<StoredManifest, "subject" | "artifactType" | "annotations"> {
  const isText = (value: unknown): value is string => typeof value === "string";
  const texts = isRecord(annotations)
    ? Object.entries(annotations).filter((pair): pair is [string, string] => isText(pair[1]))
    : [];
  return {
    subject: isRecord(subject) && isDigest(subject["digest"]) ? subject["digest"] : undefined,
    artifactType: isText(artifactType) ? nonEmpty(artifactType) : undefined,
    annotations: texts.length === 0 ? undefined : Object.fromEntries(texts),
  };
}

/** Determines the type of a document without `mediaType` by its members; `undefined` if they do not determine it. */
function typeByMembers(document: unknown): string | undefined {
  if (!isRecord(document) || document["schemaVersion"] !== 2) return undefined;
  if (isRecord(document["config"]) && Array.isArray(document["layers"])) return ociMediaTypes.imageManifest;
  return Array.isArray(document["manifests"]) ? ociMediaTypes.imageIndex : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** Parses `bytes` as JSON; returns `undefined` if they are not JSON. */
function parseDocument(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined; // Its type is then the claimed one, if any.
  }
}

/** Whether `bytes` begin with a byte order mark, which a manifest must not have. */
function beginsWithMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function ownMediaType(document: unknown): string | undefined {
  const mediaType = isRecord(document) ? document["mediaType"] : undefined;
  return typeof mediaType === "string" && isMediaType(mediaType) ? mediaType : undefined;
}
