import type { Descriptor, Precondition } from "@ocilayout/oci-types";
import { isDigest, isRegistryError, manifestKind } from "@ocilayout/oci-types";
import { scanDocument, stripMediaTypeParameters } from "@ocilayout/oci-types/authors";

import type { Answer } from "../http/answer.ts";
import { emptyAnswer } from "../http/answer.ts";
import { readWhole } from "../limits/body.ts";
import type { Context } from "./context.ts";
import { conditionAnswer, contentHeaders, digestHeaders } from "../http/content-headers.ts";
import { evaluateRead, readPrecondition } from "../http/entity-tag.ts";
import { badRequest, HttpError } from "../http/http-error.ts";
import { manifestPath } from "../http/paths.ts";

/** Whether a reference is a digest. Only a digest can contain a colon. */
function namesDigest(reference: string): boolean {
  return reference.includes(":");
}

/**
 * The size up to which stored manifests are sent even if `maxManifestBytes` is lower, in bytes. Another program may have
 * stored them.
 */
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Answers GET of a manifest (end-3). Reads the whole manifest before the answer begins, so that a corrupt one fails
 * with a status of its own.
 */
export async function getManifest(
  { registry, request, limits, lease }: Context,
  repository: string,
  reference: string,
): Promise<Answer> {
  const { signal, headers } = request;
  const read = namesDigest(reference)
    ? registry.getManifest(repository, reference, { signal })
    : registry.getTag(repository, reference, { signal });
  const reader = await read;
  try {
    const instead = evaluateRead(headers, reader.descriptor.digest);
    if (instead !== undefined) return conditionAnswer(instead, reader.descriptor);
    const { size } = reader.descriptor;
    const mostBytes = Math.max(limits.maxManifestBytes, MOST_BYTES);
    if (size > mostBytes) {
      throw new HttpError(
        500,
        "SIZE_INVALID",
        `cannot send the manifest: it has ${size} bytes, more than the limit of ${mostBytes}`,
      );
    }
    lease.hold(size);
    const body = await reader.bytes();
    return { status: 200, headers: describe(reader.descriptor), body };
  } finally {
    await reader.close();
  }
}

/** Answers HEAD of a manifest (end-3). */
export async function headManifest(
  { registry, request }: Context,
  repository: string,
  reference: string,
): Promise<Answer> {
  const { signal, headers } = request;
  const resolve = namesDigest(reference)
    ? registry.resolveManifest(repository, reference, { signal })
    : registry.resolveTag(repository, reference, { signal });
  const descriptor = await resolve;
  const instead = evaluateRead(headers, descriptor.digest);
  return instead === undefined
    ? { status: 200, headers: describe(descriptor) }
    : conditionAnswer(instead, descriptor);
}

/** Answers PUT of a manifest by tag or by digest, with further tags in the query (end-7a, end-7b). */
export async function putManifest(context: Context, repository: string, reference: string): Promise<Answer> {
  const { request, query, limits, lease, turns, documents } = context;
  const byDigest = namesDigest(reference);
  const asked = query.getAll("tag");
  const tags = byDigest ? asked : [reference, ...asked];
  const precondition = readPrecondition(request.headers);
  const content = await readWhole(request, {
    maxBytes: limits.maxManifestBytes,
    limits,
    turn: () => turns.next(lease.client),
    hold: (bytes) => {
      lease.hold(bytes);
    },
  });
  const push = (): Promise<Answer> =>
    storeManifest(context, { repository, reference, content, tags, asked, precondition });
  // A parsed document takes many times its size, so large ones are processed one after the other.
  return content.length > LARGE_BYTES ? documents.run(content.length, request.signal, push) : push();
}

/** A received manifest and its destination. */
interface ReceivedManifest {
  readonly repository: string;
  readonly reference: string;
  readonly content: Uint8Array;
  /** The tags to set. `asked` holds those from the query. */
  readonly tags: readonly string[];
  readonly asked: readonly string[];
  readonly precondition: Precondition;
}

async function storeManifest(context: Context, received: ReceivedManifest): Promise<Answer> {
  const { registry, request } = context;
  const { repository, reference, content, tags, asked, precondition } = received;
  const { signal } = request;
  const byDigest = namesDigest(reference);
  const mediaType = mediaTypeOf(request.headers.get("content-type"), content);
  if (content.length > LARGE_BYTES) await nextTurn();
  const subject = registry.capabilities?.referrers === false ? undefined : subjectOf(mediaType, content);
  if (tags.length === 0) await requireExistence(context, repository, reference);
  if (content.length > LARGE_BYTES) await nextTurn();
  const stored = await registry.pushManifest(repository, content, mediaType, {
    ...(tags.length > 0 ? { ...precondition, tags } : {}),
    ...(byDigest ? { digest: reference } : {}),
    signal,
  });
  return emptyAnswer(201, {
    location: manifestPath(repository, stored.digest),
    ...digestHeaders(stored.digest),
    ...(subject === undefined ? {} : { "oci-subject": subject }),
    ...(asked.length === 0 ? {} : { "oci-tag": asked.join(", ") }),
  });
}

/** The size from which a document is processed in several turns of the event loop, in bytes. */
const LARGE_BYTES = 256 * 1024;

/** Waits until other requests had a turn of the event loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** Answers DELETE of a manifest or a tag (end-9). */
export async function deleteManifest(
  { registry, request }: Context,
  repository: string,
  reference: string,
): Promise<Answer> {
  const { signal } = request;
  const precondition = readPrecondition(request.headers);
  if (!namesDigest(reference)) {
    await registry.deleteTag(repository, reference, { ...precondition, signal });
    return emptyAnswer(202);
  }
  if (!matchesDigest(precondition.ifMatch, reference) || precondition.ifNoneMatch !== undefined)
    throw unmatched();
  await registry.deleteManifest(repository, reference, { signal });
  return emptyAnswer(202);
}

/**
 * Checks the conditions of a push by digest. Content with a known digest cannot differ, so they are about its existence
 * only.
 */
async function requireExistence(
  { registry, request }: Context,
  repository: string,
  digest: string,
): Promise<void> {
  const { ifMatch, ifNoneMatch } = readPrecondition(request.headers);
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  if (!matchesDigest(ifMatch, digest)) throw unmatched();
  let exists = true;
  try {
    await registry.resolveManifest(repository, digest, { signal: request.signal });
  } catch (error) {
    if (!isRegistryError(error, "MANIFEST_UNKNOWN", "NAME_UNKNOWN")) throw error;
    exists = false;
  }
  if (exists === (ifNoneMatch !== undefined)) throw unmatched();
}

function matchesDigest(ifMatch: string | undefined, digest: string): boolean {
  return ifMatch === undefined || ifMatch === "*" || ifMatch === digest;
}

function unmatched(): HttpError {
  return new HttpError(412, "PRECONDITION_FAILED", "the precondition does not hold");
}

/** Returns the media type that the request declares, else the `mediaType` of the document. */
function mediaTypeOf(header: string | null, content: Uint8Array): string {
  if (header !== null && header.trim() !== "") return stripMediaTypeParameters(header);
  const mediaType = parseMember(content, "mediaType");
  if (typeof mediaType === "string") return mediaType;
  throw badRequest("a manifest without a Content-Type header must have a mediaType");
}

function subjectOf(mediaType: string, content: Uint8Array): string | undefined {
  if (manifestKind(mediaType) === "opaque") return undefined;
  const subject = parseMember(content, "subject");
  if (typeof subject !== "object" || subject === null || !("digest" in subject)) return undefined;
  return isDigest(subject.digest) ? subject.digest : undefined;
}

/** Parses one member of a document. Returns `undefined` if the member is invalid, because the registry reports that. */
function parseMember(content: Uint8Array, name: string): unknown {
  const member = scanDocument(content, [name]).get(name);
  if (member === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(member));
  } catch {
    return undefined;
  }
}

function describe(descriptor: Descriptor): Record<string, string> {
  return contentHeaders(descriptor, descriptor.mediaType);
}
