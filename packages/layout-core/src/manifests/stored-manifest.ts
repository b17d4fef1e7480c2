import type { CheckedDescriptor } from "@ocilayout/oci-backend";
import type {
  Annotations,
  CheckedDigest,
  Descriptor,
  ManifestKind,
  ParsedManifest,
} from "@ocilayout/oci-types";
import { isDigest, isMediaType, isRegistryError, manifestKind, ociMediaTypes } from "@ocilayout/oci-types";
import { checkManifest, stripMediaTypeParameters, isRecord } from "@ocilayout/oci-types/authors";

/** Where to start: what is needed of a descriptor, or of an entry, to look into its manifest. */
export type ManifestRoot = Pick<CheckedDescriptor, "digest" | "mediaType">;

/** What a stored manifest is and what it says of others. Its bytes are not kept. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly digest: CheckedDigest;
  /** In bytes; what is stored, not what somebody claims. */
  readonly size: number;
  /** Whether its bytes say what it is; else its type is what somebody claims. */
  readonly isTyped: boolean;
  readonly kind: ManifestKind;
  /** What an index lists. */
  readonly children: readonly CheckedDescriptor[];
  /** Configs and layers; of a document of an unknown type, everything in it that may be a reference. */
  readonly parts: readonly CheckedDescriptor[];
  readonly subject: CheckedDigest | undefined;
  /** The manifest's own artifact type, else the media type of its config. */
  readonly artifactType: string | undefined;
  readonly annotations: Annotations | undefined;
}

/** The artifact manifest that the image-spec had for a while: read where it is stored, and never written. */
const ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json";

/**
 * What a stored manifest refers to: manifests, whose own references count as well, and content. A document of an unknown
 * type refers to whatever in it looks like a descriptor, and `verify` does not ask for these.
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
 * Reads `bytes` as the manifest `root`. A document that says itself what it is, is that, whatever `root` claims; one that
 * nobody names a type for is what its members make it. Stored manifests may have more values than those that are pushed:
 * what a large one refers to must be known all the same.
 *
 * @returns What is wrong with it, in words, if it is not what it says.
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

/** A manifest that was parsed already, as {@link readManifest} returns it; `undefined` for one of an unknown type. */
export function asStored(
  { mediaType, digest, size }: Pick<CheckedDescriptor, "mediaType" | "digest" | "size">,
  parsed: ParsedManifest,
): StoredManifest | undefined {
  if (parsed.kind === "opaque") return undefined;
  const own = parsed.kind === "index" ? parsed.index.mediaType : parsed.manifest.mediaType;
  return summarize({ mediaType, digest, size, isTyped: own !== undefined }, parsed, undefined);
}

type Identity = Pick<StoredManifest, "mediaType" | "digest" | "size" | "isTyped">;

function summarize(identity: Identity, parsed: ParsedManifest, document: unknown): StoredManifest {
  switch (parsed.kind) {
    case "image": {
      const { config, layers, subject, artifactType, annotations } = parsed.manifest;
      return {
        ...identity,
        kind: "image",
        children: [],
        parts: checked([config, ...layers]),
        subject: checkedSubject(subject),
        artifactType: nonEmpty(artifactType) ?? config.mediaType,
        annotations,
      };
    }
    case "index": {
      const { manifests, subject, artifactType, annotations } = parsed.index;
      const own = { subject: checkedSubject(subject), artifactType: nonEmpty(artifactType), annotations };
      return { ...identity, kind: "index", children: checked(manifests), parts: [], ...own };
    }
    case "opaque":
      return opaque(identity, document);
  }
}

/** The digest of the subject of such a manifest. */
function checkedSubject(subject: Descriptor | undefined): CheckedDigest | undefined {
  return subject?.digest as CheckedDigest | undefined;
}

/** The descriptors of a manifest that `checkManifest` passed, which looked at each digest. */
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

/** The members of an artifact manifest that say what it is about. */
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

/** The type of a document that has no `mediaType` and that nobody names one for; `undefined` if its members do not tell. */
function typeByMembers(document: unknown): string | undefined {
  if (!isRecord(document) || document["schemaVersion"] !== 2) return undefined;
  if (isRecord(document["config"]) && Array.isArray(document["layers"])) return ociMediaTypes.imageManifest;
  return Array.isArray(document["manifests"]) ? ociMediaTypes.imageIndex : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** The document in `bytes`; `undefined` where they are not JSON. */
function parseDocument(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined; // Then it is what it was said to be, if anything.
  }
}

/** Whether `bytes` begin with a byte order mark, which no manifest may have. */
function beginsWithMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function ownMediaType(document: unknown): string | undefined {
  const mediaType = isRecord(document) ? document["mediaType"] : undefined;
  return typeof mediaType === "string" && isMediaType(mediaType) ? mediaType : undefined;
}

/** Everything in `document` that has a digest, at whatever depth; without recursion, for the nesting is its author's. */
function findDescriptors(document: unknown): CheckedDescriptor[] {
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
