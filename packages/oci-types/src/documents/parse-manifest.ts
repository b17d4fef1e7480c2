import { requireBytes } from "../basics/bytes.ts";
import type { Problem } from "../basics/error-details.ts";
import { excerpt } from "../basics/excerpt.ts";
import { RegistryError } from "../basics/errors.ts";
import type { ImageIndex, ImageManifest } from "./manifest.ts";
import { isMediaType, manifestKind, stripMediaTypeParameters } from "./media-types.ts";
import { scanDocument } from "./scan-document.ts";
import { validateImageIndex, validateImageManifest } from "./validate.ts";

/** A parsed manifest, by its kind. The media type has no parameters. An opaque manifest is not parsed. */
export type ParsedManifest =
  | { readonly kind: "image"; readonly mediaType: string; readonly manifest: ImageManifest }
  | { readonly kind: "index"; readonly mediaType: string; readonly index: ImageIndex }
  | { readonly kind: "opaque"; readonly mediaType: string };

/**
 * Parses and checks a manifest. OCI's and Docker's manifests and indexes are checked. Content of any other media type is
 * opaque: it is not checked, but a JSON object must not have another `mediaType` than the argument.
 *
 * Duplicate keys are accepted; the last one wins, as in `JSON.parse`. A document is invalid if it has more than 100,000
 * values, more than 20,000 different member names, or more than 100 levels.
 *
 * @throws `RegistryError` `MANIFEST_INVALID`, with the problems in `detail.problems`.
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-13 | Contract, clauses 12 and 13}
 */
export function parseManifest(content: Uint8Array, mediaType: string): ParsedManifest {
  if (typeof mediaType !== "string")
    throw new TypeError(`a media type must be a string, not ${typeof mediaType}`);
  const bytes = requireBytes(content, "a manifest");
  const stripped = stripMediaTypeParameters(mediaType);
  if (!isMediaType(stripped)) {
    throw new RegistryError("MANIFEST_INVALID", `${excerpt(mediaType)} is not a media type`);
  }
  if (manifestKind(stripped) !== "opaque") return checkManifest(parseJson(bytes), stripped);
  requireSameType(bytes, stripped);
  return { kind: "opaque", mediaType: stripped };
}

/**
 * Checks a document as `parseManifest` does, after it was parsed from JSON. The result contains the document itself, not a
 * copy. The limits of {@link scanDocument} do not apply.
 *
 * @param mediaType - The media type of the document, without parameters.
 * @throws `RegistryError` `MANIFEST_INVALID`, with the problems in `detail.problems`.
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
 * Rejects a JSON object with another `mediaType`. Otherwise callers could use an unknown type to avoid the checks of a known
 * one. Content that begins like an object and is not JSON is accepted.
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
    // JSON that exceeds the limits of the scan, or not JSON.
    if (isJson(bytes)) throw error;
    return;
  }
  if (own === undefined || stripMediaTypeParameters(own) === mediaType) return;
  refuse([otherType(mediaType)]);
}

/** Returns the `mediaType` of a JSON document. */
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

/** Returns the problem of a document with another `mediaType` than its content. */
function otherType(mediaType: string): Problem {
  return { path: "$.mediaType", reason: `must be ${mediaType}, the media type of the content` };
}

function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
  throw new RegistryError("MANIFEST_INVALID", `${first.path} ${first.reason}${more}`, {
    detail: { problems },
  });
}
