import type { Annotations, Descriptor, Digest, ManifestKind, ParsedManifest } from "@ocilayout/oci-types";
import { checkManifest, isDigest, isRegistryError, manifestKind, stripMediaTypeParameters } from "@ocilayout/oci-types";

import { isRecord } from "./json.ts";

/** Where to start: what is needed of a descriptor, or of an entry, to look into its manifest. */
export type ManifestRoot = Pick<Descriptor, "digest" | "mediaType">;

/** What a stored manifest is and what it says of others. Its bytes are not kept. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes; what is stored, not what somebody claims. */
  readonly size: number;
  readonly kind: ManifestKind;
  /** What an index lists. */
  readonly children: readonly Descriptor[];
  /** Configs and layers; of a document that nothing is known of, everything in it that may be a reference. */
  readonly parts: readonly Descriptor[];
  readonly subject: Digest | undefined;
  /** The manifest's own artifact type, else the media type of its config. */
  readonly artifactType: string | undefined;
  readonly annotations: Annotations | undefined;
}

/**
 * Reads `bytes` as the manifest `root`. A document that says itself what it is, is that, whatever `root` claims.
 * What is wrong with it, in words, where it is not what it says. Stored manifests may have more values than those that are
 * pushed: what a large one refers to must be known all the same.
 */
export function readManifest(bytes: Uint8Array, { digest, mediaType: claimed }: ManifestRoot): StoredManifest | string {
  const document = parseDocument(bytes);
  const own = ownMediaType(document);
  const mediaType = own !== undefined && manifestKind(own) !== "opaque" ? own : claimed;
  const stripped = stripMediaTypeParameters(mediaType);
  if (manifestKind(stripped) !== "opaque" && (document === undefined || beginsWithMark(bytes))) return "it is not JSON in UTF-8";
  try {
    return summarize({ mediaType, digest, size: bytes.length }, checkManifest(document, stripped), document);
  } catch (error) {
    if (!isRegistryError(error, "MANIFEST_INVALID")) throw error;
    return error.message;
  }
}

type Identity = Pick<StoredManifest, "mediaType" | "digest" | "size">;

function summarize(identity: Identity, parsed: ParsedManifest, document: unknown): StoredManifest {
  switch (parsed.kind) {
    case "manifest": {
      const { config, layers, subject, artifactType, annotations } = parsed.manifest;
      return {
        ...identity,
        kind: "manifest",
        children: [],
        parts: [config, ...layers],
        subject: subject?.digest,
        artifactType: nonEmpty(artifactType) ?? config.mediaType,
        annotations,
      };
    }
    case "index": {
      const { manifests, subject, artifactType, annotations } = parsed.index;
      const own = { subject: subject?.digest, artifactType: nonEmpty(artifactType), annotations };
      return { ...identity, kind: "index", children: manifests, parts: [], ...own };
    }
    case "opaque":
      return opaque(identity, document);
  }
}

function opaque(identity: Identity, document: unknown): StoredManifest {
  const unknown = { subject: undefined, artifactType: undefined, annotations: undefined };
  return { ...identity, kind: "opaque", children: [], parts: findDescriptors(document), ...unknown };
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
  return typeof mediaType === "string" ? mediaType : undefined;
}

/** Everything in `document` that has a digest, at whatever depth; without recursion, for the nesting is its author's. */
function findDescriptors(document: unknown): Descriptor[] {
  const found: Descriptor[] = [];
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
