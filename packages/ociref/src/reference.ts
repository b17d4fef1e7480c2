import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, maxDigestLength, requireString } from "@ocilayout/oci-types/authors";

import {
  isValidDigest,
  isValidHost,
  isValidRepository,
  isValidTag,
  maxRepositoryLength,
  maxTagLength,
} from "./grammar.ts";

/** Where an image or artifact is: a repository, perhaps of a host, and in it perhaps a tag, a digest or both. */
export interface Reference {
  /** The registry, with its port where one is given; absent in a reference within one registry. */
  readonly host?: string | undefined;
  /** The repository, without the host. */
  readonly repository: string;
  /** The tag, without its colon. */
  readonly tag?: string | undefined;
  /** The digest, without its `@`. */
  readonly digest?: string | undefined;
}

/** The longest reference: each part at its longest, and what stands between them. */
const maxReferenceLength = 2 * maxRepositoryLength + maxTagLength + maxDigestLength + 3;

/** What {@link formatReference} and the parsers find wrong. */
type Part = "host" | "repository" | "tag" | "digest" | "reference";

/**
 * Parses a reference that names its host: `ghcr.io/a/b:v1`. The part before the first slash is a host where it has
 * a dot, a colon or an upper-case letter, or is `localhost`. There is no default tag: a reference without a tag and a digest
 * means a repository.
 *
 * @throws `RegistryError` `NAME_INVALID`, with the wrong part in `detail.part`; `DIGEST_INVALID` where that is
 * the digest.
 */
export function parseReference(text: string): Reference {
  requireLength(text);
  const { host, rest } = splitHost(text);
  if (host === undefined) throw invalid("host", text, "there is none");
  return checkParts({ host, ...splitPath(rest) });
}

/**
 * Parses a reference without a host: `repository[:tag][@digest]`. What would be a host elsewhere is a part of the
 * repository here if its grammar allows that: `ghcr.io/a` is a repository, `localhost:5000/a` is none.
 *
 * @throws `RegistryError` As {@link parseReference}.
 */
export function parseHostlessReference(text: string): Reference {
  requireLength(text);
  return parsePath(text);
}

/**
 * Whether {@link parseHostlessReference} would take `text`, and what it would make of it: `undefined` in place of an error.
 */
export function tryParseHostlessReference(text: string): Reference | undefined {
  requireString(text, "a reference");
  if (text.length > maxReferenceLength) return undefined;
  const reference = splitPath(text);
  return findInvalidPart(reference) === undefined ? reference : undefined;
}

/**
 * Writes a reference down: what {@link parseReference} reads back where it has a host, {@link parseHostlessReference} where it has none.
 *
 * @throws `RegistryError` As {@link parseReference}, where a part of it is not valid, and where the host would be read as a part
 * of the repository: `registry` needs a port.
 */
export function formatReference(reference: Reference): string {
  const { host, repository, tag, digest } = checkParts(reference);
  if (host !== undefined && !looksLikeHost(host))
    throw invalid("host", host, "it would be read as a part of the repository");
  const path = host === undefined ? repository : `${host}/${repository}`;
  return `${path}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** The host that `text` begins with, if it begins with one, and what follows it. */
export function splitHost(text: string): { readonly host: string | undefined; readonly rest: string } {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  return looksLikeHost(first)
    ? { host: first, rest: text.slice(slash + 1) }
    : { host: undefined, rest: text };
}

function looksLikeHost(first: string): boolean {
  return first === "localhost" || /[.:[A-Z]/.test(first);
}

/** Refuses what is no string or too long to be looked at. */
export function requireLength(text: string): void {
  requireString(text, "a reference");
  if (text.length > maxReferenceLength)
    throw invalid("reference", text, `it is longer than ${maxReferenceLength} bytes`);
}

/** `reference`, all its parts valid. */
export function checkParts(reference: Reference): Reference {
  const part = findInvalidPart(reference);
  if (part === undefined) return reference;
  const value: unknown = reference[part];
  if (typeof value !== "string")
    throw new TypeError(`the ${part} of a reference must be a string, not ${typeof value}`);
  throw invalid(part, value, explain(part, value));
}

function parsePath(text: string): Reference {
  return checkParts(splitPath(text));
}

/** Cuts `repository[:tag][@digest]` where its separators are. */
function splitPath(text: string): Reference {
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const name = at < 0 ? text : text.slice(0, at);
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  const tag = colon < 0 ? undefined : name.slice(colon + 1);
  const repository = colon < 0 ? name : name.slice(0, colon);
  return { repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function findInvalidPart(reference: Reference): Exclude<Part, "reference"> | undefined {
  const { host, repository, tag, digest } = reference;
  if (host !== undefined && !isValidHost(host)) return "host";
  if (!isValidRepository(repository)) return "repository";
  if (tag !== undefined && !isValidTag(tag)) return "tag";
  return digest !== undefined && !isValidDigest(digest) ? "digest" : undefined;
}

const LIMITS = {
  host: maxRepositoryLength,
  repository: maxRepositoryLength,
  tag: maxTagLength,
  digest: maxDigestLength,
};

function explain(part: keyof typeof LIMITS, value: string): string {
  if (value === "") return "it is empty";
  if (value.length > LIMITS[part]) return `it is longer than ${LIMITS[part]} bytes`;
  if (part === "repository" && /[A-Z]/.test(value)) return "it has upper-case letters";
  return "it does not fit the grammar";
}

/** The error that says what is wrong with a part of a reference. */
export function invalid(part: Part, value: string, reason: string): RegistryError {
  const code = part === "digest" ? "DIGEST_INVALID" : "NAME_INVALID";
  return new RegistryError(code, `not a valid ${part}: ${excerpt(value)}: ${reason}`, {
    detail: { part, reason },
  });
}
