import type { Precondition } from "@ocilayout/oci-types";

import { badRequest, HttpError } from "./http-error.ts";
import type { HeaderFields } from "./incoming.ts";

/** Returns the entity tag of content: its digest. */
export function entityTag(digest: string): string {
  return `"${digest}"`;
}

/** The entity tags of a condition, or `"*"`. */
type Tags = "*" | readonly { readonly value: string; readonly isWeak: boolean }[];

const TAG = /^[ \t]*(?<weak>W\/)?"(?<value>[\x21\x23-\x7e\x80-\xff]*)"[ \t]*$/;

/**
 * Parses `If-Match` or `If-None-Match`. Returns `undefined` if the header is missing.
 *
 * @throws {@link HttpError} 400 if the value is not `*` or a list of entity tags.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1}
 */
function parseTags(header: string | null): Tags | undefined {
  if (header === null) return undefined;
  if (header.trim() === "*") return "*";
  return header.split(",").map((part) => {
    const groups = TAG.exec(part)?.groups;
    if (groups === undefined) throw badRequest("If-Match or If-None-Match is not * or a list of entity tags");
    return { value: groups["value"] ?? "", isWeak: groups["weak"] !== undefined };
  });
}

/**
 * Reads the precondition of a change of a tag. A registry compares one digest, so only one strong entity tag or `*` is
 * supported.
 *
 * @throws {@link HttpError} 400 if the headers have anything else, and 412 for a weak entity tag.
 */
export function readPrecondition(headers: HeaderFields): Precondition {
  const match = parseTags(headers.get("if-match"));
  const noneMatch = parseTags(headers.get("if-none-match"));
  if (match !== undefined && noneMatch !== undefined)
    throw badRequest("cannot combine If-Match and If-None-Match: send one of them");
  if (noneMatch !== undefined) {
    if (noneMatch !== "*") throw badRequest("If-None-Match of a change must be *");
    return { ifNoneMatch: "*" };
  }
  if (match === undefined) return {};
  if (match === "*") return { ifMatch: "*" };
  const [only] = match;
  if (only === undefined || match.length > 1)
    throw badRequest("If-Match of a change must be * or one entity tag");
  if (only.isWeak) throw new HttpError(412, "PRECONDITION_FAILED", "a weak entity tag never matches");
  return { ifMatch: only.value };
}

/**
 * Evaluates the conditions of a read of existing content. Returns `304` if the client has the content, `412` if the
 * client wants other content, and `undefined` if the content should be sent.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2}
 */
export function evaluateRead(headers: HeaderFields, digest: string): 304 | 412 | undefined {
  const match = parseTags(headers.get("if-match"));
  if (match !== undefined && match !== "*" && !match.some(({ value, isWeak }) => !isWeak && value === digest))
    return 412;
  const noneMatch = parseTags(headers.get("if-none-match"));
  if (noneMatch === undefined) return undefined;
  return noneMatch === "*" || noneMatch.some(({ value }) => value === digest) ? 304 : undefined;
}
