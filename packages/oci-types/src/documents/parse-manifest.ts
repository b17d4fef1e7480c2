import { requireBytes } from "../basics/bytes.ts";
import type { Problem } from "../basics/error-details.ts";
import { excerpt } from "../basics/excerpt.ts";
import { RegistryError } from "../basics/errors.ts";
import type { ImageIndex, ImageManifest } from "./manifest.ts";
import { isMediaType, manifestKind, stripMediaTypeParameters } from "./media-types.ts";
import { scanDocument } from "./scan-document.ts";
import { validateImageIndex, validateImageManifest } from "./validate.ts";

/** What a manifest's bytes turned out to be. The media type is without parameters. */
export type ParsedManifest =
  | { readonly kind: "image"; readonly mediaType: string; readonly manifest: ImageManifest }
  | { readonly kind: "index"; readonly mediaType: string; readonly index: ImageIndex }
  | { readonly kind: "opaque"; readonly mediaType: string };

/**
 * Reads `content` as what `mediaType` says. OCI and Docker manifests and indexes are checked; any other media type
 * is opaque, and its content may be anything but a JSON object that says it is something else.
 *
 * A document with a `mediaType` must have the same one, whatever that is. Duplicate keys are accepted; the last one wins, as in
 * `JSON.parse`. The bytes are scanned before they are parsed: a document with more than 100,000 values or 20,000
 * different member names, or one that is nested deeper than 100, is invalid.
 *
 * @throws `RegistryError` `MANIFEST_INVALID`, with what is wrong in `detail.problems`.
 */
export function parseManifest(content: Uint8Array, mediaType: string): ParsedManifest {
  if (typeof mediaType !== "string")
    throw new TypeError(`a media type must be a string, not ${typeof mediaType}`);
  const bytes = requireBytes(content, "a manifest");
  const stripped = stripMediaTypeParameters(mediaType);
  if (!isMediaType(stripped)) {
    throw new RegistryError("MANIFEST_INVALID", `not a media type: ${excerpt(mediaType)}`);
  }
  if (manifestKind(stripped) !== "opaque") return checkManifest(parseJson(bytes), stripped);
  requireSameType(bytes, stripped);
  return { kind: "opaque", mediaType: stripped };
}

/**
 * Checks a document that was parsed from JSON, as `parseManifest` checks its content, and takes it as it is: it is
 * neither copied nor held to the limits of {@link scanDocument}.
 *
 * @param mediaType - What the document is said to be, without parameters.
 * @throws `RegistryError` `MANIFEST_INVALID`, with what is wrong in `detail.problems`.
 */
export function checkManifest(value: unknown, mediaType: string): ParsedManifest {
  const kind = manifestKind(mediaType);
  if (kind === "opaque") return { kind, mediaType };
  refuse(kind === "image" ? validateImageManifest(value) : validateImageIndex(value));
  const document = value as ImageManifest | ImageIndex;
  if (document.mediaType !== undefined && document.mediaType !== mediaType) {
    refuse([otherType(mediaType)]);
  }
  return "manifests" in document
    ? { kind: "index", mediaType, index: document }
    : { kind: "image", mediaType, manifest: document };
}

const SPACE: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const OPEN_OBJECT = 0x7b;

/**
 * Refuses a JSON object whose own media type is not `mediaType`: an unknown type is no way round the checks of a known one.
 * What begins like an object and is not JSON can be anything.
 */
function requireSameType(bytes: Uint8Array, mediaType: string): void {
  let start = 0;
  while (SPACE.has(bytes[start])) start += 1;
  if (bytes[start] !== OPEN_OBJECT) return;
  let own: string | undefined;
  try {
    if (!scanDocument(bytes, ["mediaType"]).has("mediaType")) return;
    own = ownMediaType(bytes);
  } catch (error) {
    // Too many values to be looked at, unless it is not JSON at all.
    if (isJson(bytes)) throw error;
    return;
  }
  if (own === undefined || stripMediaTypeParameters(own) === mediaType) return;
  refuse([otherType(mediaType)]);
}

/** What JSON in UTF-8 says itself that it is. */
function ownMediaType(bytes: Uint8Array): string | undefined {
  let document: { readonly mediaType?: unknown };
  try {
    document = parseText(bytes) as typeof document;
  } catch {
    return undefined;
  }
  return typeof document.mediaType === "string" ? document.mediaType : undefined;
}

function isJson(bytes: Uint8Array): boolean {
  try {
    parseText(bytes);
    return true;
  } catch {
    return false;
  }
}

function parseText(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
}

function parseJson(bytes: Uint8Array): unknown {
  scanDocument(bytes);
  try {
    return parseText(bytes);
  } catch (cause) {
    throw new RegistryError("MANIFEST_INVALID", "the manifest is not JSON in UTF-8", { cause });
  }
}

/** The problem of a document that says that it is something else than its media type. */
function otherType(mediaType: string): Problem {
  return { path: "$.mediaType", reason: `must be ${mediaType}, as the content was said to be` };
}

function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
  throw new RegistryError("MANIFEST_INVALID", `${first.path} ${first.reason}${more}`, {
    detail: { problems },
  });
}
