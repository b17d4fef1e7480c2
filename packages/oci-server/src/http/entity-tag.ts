import type { Precondition } from "@ocilayout/oci-types";

import { badRequest, HttpError } from "./http-error.ts";

/** The entity tag of content: its digest. */
export function entityTag(digest: string): string {
  return `"${digest}"`;
}

/** A condition's entity tags, or `"*"`. */
type Tags = "*" | readonly { readonly value: string; readonly isWeak: boolean }[];

const TAG = /^[ \t]*(?<weak>W\/)?"(?<value>[\x21\x23-\x7e\x80-\xff]*)"[ \t]*$/;

/**
 * Reads `If-Match` or `If-None-Match`; `undefined` where it is not there.
 *
 * @throws {@link HttpError} 400 where it is neither `*` nor a list of entity tags.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1}
 */
function parseTags(header: string | null): Tags | undefined {
  if (header === null) return undefined;
  if (header.trim() === "*") return "*";
  return header.split(",").map((part) => {
    const groups = TAG.exec(part)?.groups;
    if (groups === undefined) throw badRequest("a precondition is neither * nor a list of entity tags");
    return { value: groups["value"] ?? "", isWeak: groups["weak"] !== undefined };
  });
}

/**
 * The precondition of a change of a tag. A registry decides about one digest, so that this is what may be asked for.
 *
 * @throws {@link HttpError} 400 where several, or weak ones, are asked for.
 */
export function readPrecondition(headers: Headers): Precondition {
  const match = parseTags(headers.get("if-match"));
  const noneMatch = parseTags(headers.get("if-none-match"));
  if (match !== undefined && noneMatch !== undefined)
    throw badRequest("give either If-Match or If-None-Match");
  if (noneMatch !== undefined) {
    if (noneMatch !== "*") throw badRequest("of If-None-Match, only * is supported for a change");
    return { ifNoneMatch: "*" };
  }
  if (match === undefined) return {};
  if (match === "*") return { ifMatch: "*" };
  const [only] = match;
  if (only === undefined || match.length > 1)
    throw badRequest("of If-Match, one entity tag is supported for a change");
  if (only.isWeak) throw new HttpError(412, "PRECONDITION_FAILED", "a weak entity tag matches nothing");
  return { ifMatch: only.value };
}

/**
 * What the conditions of a read say of content that is there: go on, `304` where the client has it, `412` where it
 * wants something else.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2}
 */
export function evaluateRead(headers: Headers, digest: string): 304 | 412 | undefined {
  const match = parseTags(headers.get("if-match"));
  if (match !== undefined && match !== "*" && !match.some(({ value, isWeak }) => !isWeak && value === digest))
    return 412;
  const noneMatch = parseTags(headers.get("if-none-match"));
  if (noneMatch === undefined) return undefined;
  return noneMatch === "*" || noneMatch.some(({ value }) => value === digest) ? 304 : undefined;
}
