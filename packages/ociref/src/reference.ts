import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, maxDigestLength, requireString } from "@ocilayout/oci-types/authors";

import { explain } from "./explain.ts";
import {
  isValidDigest,
  isValidHost,
  isValidRepository,
  isValidTag,
  maxRepositoryLength,
  maxTagLength,
} from "./grammar.ts";

/** The location of an image or artifact: a repository, with an optional host, tag and digest. */
export interface Reference {
  /** The host of the registry, with its port if there is one. Absent in a reference within one registry. */
  readonly host?: string | undefined;
  /** The repository, without the host. */
  readonly repository: string;
  /** The tag, without its colon. */
  readonly tag?: string | undefined;
  /** The digest, without its `@`. */
  readonly digest?: string | undefined;
}

/** The maximum length of a reference: that of each part, and the separators. */
const maxReferenceLength = 2 * maxRepositoryLength + maxTagLength + maxDigestLength + 3;

/** The invalid part of a reference, as errors name it. */
type Part = "host" | "repository" | "tag" | "digest" | "reference";

/**
 * Parses a reference with a host: `ghcr.io/a/b:v1`. The part before the first slash is a host if it has a dot, a colon or an
 * upper-case letter, or if it is `localhost`.
 *
 * It adds no default tag: a reference without tag and digest means a repository.
 *
 * @throws `RegistryError` `NAME_INVALID`, or `DIGEST_INVALID` if the digest is invalid. `detail.part` names the invalid
 * part.
 */
export function parseReference(text: string): Reference {
  requireLength(text);
  const { host, rest } = splitHost(text);
  if (host === undefined) {
    const detail = { part: "host", reason: "it is missing" } as const;
    throw new RegistryError("NAME_INVALID", `${excerpt(text)} has no host`, { detail });
  }
  return checkParts({ host, ...splitPath(rest) });
}

/**
 * Parses a reference without a host: `repository[:tag][@digest]`. A host is part of the repository if the grammar of
 * repositories allows it: `ghcr.io/a` is a repository, `localhost:5000/a` is invalid.
 *
 * @throws `RegistryError` As {@link parseReference}.
 */
export function parseHostlessReference(text: string): Reference {
  requireLength(text);
  return parsePath(text);
}

/**
 * Parses a reference as {@link parseHostlessReference} does, but returns `undefined` if it is invalid.
 *
 * @throws TypeError if `text` is not a string.
 */
export function tryParseHostlessReference(text: string): Reference | undefined {
  requireString(text, "a reference");
  if (text.length > maxReferenceLength) return undefined;
  const reference = splitPath(text);
  return findInvalidPart(reference) === undefined ? reference : undefined;
}

/**
 * Formats a reference. {@link parseReference} parses the result if it has a host, {@link parseHostlessReference} if not.
 *
 * @throws `RegistryError` As {@link parseReference}, if a part is invalid. Also if the host could not be parsed back, such
 * as `registry` without a port.
 */
export function formatReference(reference: Reference): string {
  const { host, repository, tag, digest } = checkParts(reference);
  if (host !== undefined && !looksLikeHost(host))
    throw invalid("host", host, "it would be parsed as a part of the repository: add a port");
  const path = host === undefined ? repository : `${host}/${repository}`;
  return `${path}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** Splits `text` into its host, if it begins with one, and the rest. */
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

/** Rejects a value that is not a string, or that is longer than any reference. */
export function requireLength(text: string): void {
  requireString(text, "a reference");
  if (text.length > maxReferenceLength)
    throw invalid("reference", text, `it is longer than ${maxReferenceLength} bytes`);
}

/** Returns `reference`, whose parts are valid. */
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

/** Splits `repository[:tag][@digest]` into its parts, without checking them. */
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

/** Returns the error for an invalid part of a reference. */
export function invalid(part: Part, value: string, reason: string): RegistryError {
  const code = part === "digest" ? "DIGEST_INVALID" : "NAME_INVALID";
  return new RegistryError(code, `${excerpt(value)} is not a valid ${part}: ${reason}`, {
    detail: { part, reason },
  });
}
