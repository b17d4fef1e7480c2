import type { BlobWriter, Descriptor } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";

import type { Answer } from "../http/answer.ts";
import { emptyAnswer } from "../http/answer.ts";
import { inBlocks } from "../limits/blocks.ts";
import { contentLength, readBody, requireFitting, tooLarge } from "../limits/body.ts";
import type { Context } from "./context.ts";
import { digestHeaders } from "../http/content-headers.ts";
import { badRequest, HttpError } from "../http/http-error.ts";
import { tryMount } from "./mount.ts";
import { blobPath, uploadPath } from "../http/paths.ts";
import type { ContentRange } from "../http/range.ts";
import { parseContentRange } from "../http/range.ts";

/** The most memory that a registry is expected to use to assemble a pushed blob, in bytes. */
const WHOLE_BYTES = 1024 * 1024;

/** Answers POST: starts an upload, receives a whole blob, or mounts one (end-4a, end-4b, end-4c, end-11). */
export async function startUpload(context: Context, repository: string): Promise<Answer> {
  const { query } = context;
  const mount = query.get("mount");
  if (mount !== null) {
    const mounted = await tryMount(context, repository, mount);
    return mounted === undefined ? openUpload(context, repository) : created(repository, mounted);
  }
  const digest = query.get("digest");
  if (digest !== null) return created(repository, await pushWhole(context, repository, digest));
  return openUpload(context, repository);
}

async function openUpload(
  { uploads, request, query, lease, sessions }: Context,
  repository: string,
): Promise<Answer> {
  const digestAlgorithm = query.get("digest-algorithm") ?? undefined;
  const begin = (): Promise<BlobWriter> =>
    uploads.pushBlobChunked(repository, { digestAlgorithm, signal: request.signal });
  const writer = await sessions.open(lease.client, repository, begin);
  await writer.close();
  return emptyAnswer(202, progress(repository, writer));
}

/** Pushes the body of one request as a whole blob. An interrupted body leaves nothing behind. */
async function pushWhole(
  { registry, request, limits, lease, turns }: Context,
  repository: string,
  digest: string,
  range?: ContentRange,
): Promise<Descriptor> {
  requireFitting(request, limits.maxBlobBytes);
  const size = range === undefined ? contentLength(request) : sizeOf(range);
  lease.hold(Math.min(size ?? WHOLE_BYTES, WHOLE_BYTES));
  const body = readBody(request, {
    maxBytes: range === undefined ? limits.maxBlobBytes : sizeOf(range),
    limits,
    turn: () => turns.next(lease.client),
  });
  return registry.pushBlob(repository, { digest, size }, body, { signal: request.signal });
}

/** Answers PATCH: appends a chunk (end-5). A chunk without a `Content-Range` continues at the end of the upload. */
export async function patchUpload(context: Context, repository: string, id: string): Promise<Answer> {
  const range = readContentRange(context);
  const writer = await resume(context, repository, id, range);
  try {
    await receive(context, repository, writer, range);
    return emptyAnswer(202, progress(repository, writer));
  } finally {
    await writer.close();
  }
}

/**
 * Answers PUT: receives the rest of the blob and completes the upload (end-6). Most clients send the whole blob in one
 * PUT. It is pushed without becoming part of the upload, so that the client can send it again if it is interrupted.
 */
export async function putUpload(context: Context, repository: string, id: string): Promise<Answer> {
  const digest = context.query.get("digest");
  if (digest === null)
    throw new HttpError(
      400,
      "DIGEST_INVALID",
      "the digest parameter is missing: a PUT that completes an upload needs it",
    );
  const range = readContentRange(context);
  const writer = await resume(context, repository, id, range);
  try {
    const pushed = await finish(context, repository, writer, digest, range);
    context.broken.delete(repository, id);
    return created(repository, pushed);
  } finally {
    await writer.close();
  }
}

async function finish(
  context: Context,
  repository: string,
  writer: BlobWriter,
  digest: string,
  range: ContentRange | undefined,
): Promise<Descriptor> {
  if (writer.size === 0 && context.request.body !== null) {
    const pushed = await pushWhole(context, repository, digest, range);
    // The blob is stored. If the session cannot be removed now, it expires.
    await writer.cancel().catch(() => undefined);
    return pushed;
  }
  const before = writer.size;
  await receive(context, repository, writer, range);
  try {
    return await writer.commit(digest);
  } catch (error) {
    if (writer.size > before) context.broken.add(repository, writer.id);
    throw error;
  }
}

/** Answers GET: the progress of an upload (end-13). */
export async function getUpload(
  { uploads, request }: Context,
  repository: string,
  id: string,
): Promise<Answer> {
  return emptyAnswer(
    204,
    progress(repository, await uploads.resolveUpload(repository, id, { signal: request.signal })),
  );
}

/** Answers DELETE: cancels an upload (end-14). */
export async function cancelUpload(
  { uploads, broken, request }: Context,
  repository: string,
  id: string,
): Promise<Answer> {
  await uploads.cancelUpload(repository, id, { signal: request.signal });
  broken.delete(repository, id);
  return emptyAnswer(204);
}

/** Reads the `Content-Range` of a chunk, if it has one. Rejects a body beyond `maxBlobBytes` before reading it. */
function readContentRange({ request, limits }: Context): ContentRange | undefined {
  const { maxBlobBytes } = limits;
  requireFitting(request, maxBlobBytes);
  const range = parseContentRange(request.headers.get("content-range"));
  if (range === "invalid") throw badRequest("Content-Range is not <first>-<last>, in bytes");
  if (range === undefined) return undefined;
  if (range.end > maxBlobBytes) throw tooLarge(maxBlobBytes);
  if ((contentLength(request) ?? sizeOf(range)) === sizeOf(range)) return range;
  throw new HttpError(400, "SIZE_INVALID", "Content-Length and Content-Range have different lengths");
}

function sizeOf({ start, end }: ContentRange): number {
  return end - start;
}

/** Opens a writer. It ignores the signal of the request, because the content of a client that disconnects stays. */
async function resume(
  { uploads, request, broken }: Context,
  repository: string,
  id: string,
  range: ContentRange | undefined,
): Promise<BlobWriter> {
  const refuse = async (message: string): Promise<never> => {
    const status = await uploads.resolveUpload(repository, id, { signal: request.signal });
    throw new HttpError(416, "RANGE_INVALID", message, progress(repository, status));
  };
  if (range === undefined && request.body !== null && broken.has(repository, id)) {
    return refuse(
      "an earlier request of this upload was interrupted: resume with a Content-Range, or start a new upload",
    );
  }
  try {
    return await uploads.pushBlobChunkedResume(repository, id, { offset: range?.start });
  } catch (error) {
    if (!isRegistryError(error, "RANGE_INVALID")) throw error;
    return refuse(error.message);
  }
}

/**
 * Writes each block while it receives the next. After an interruption the received content stays, and the client can
 * resume.
 */
async function receive(
  context: Context,
  repository: string,
  writer: BlobWriter,
  range: ContentRange | undefined,
): Promise<void> {
  const before = writer.size;
  try {
    await receiveBlocks(context, writer, range);
  } catch (error) {
    if (writer.size > before) context.broken.add(repository, writer.id);
    throw error;
  }
  if (range !== undefined) context.broken.delete(repository, writer.id);
}

async function receiveBlocks(
  { request, limits, lease, turns }: Context,
  writer: BlobWriter,
  range: ContentRange | undefined,
): Promise<void> {
  const before = writer.size;
  const maxBytes = range === undefined ? limits.maxBlobBytes - before : sizeOf(range);
  const blockSize =
    request.body === null ? 1 : lease.holdBuffers(Math.max(contentLength(request) ?? maxBytes, 1));
  const body = readBody(request, { maxBytes, limits, turn: () => turns.next(lease.client) });
  let written: Promise<void> = Promise.resolve();
  try {
    for await (const block of inBlocks(body, blockSize)) {
      await written;
      written = writer.write(block);
      written.catch(() => undefined);
    }
  } finally {
    await written;
  }
  if (range === undefined || writer.size - before === sizeOf(range)) return;
  throw new HttpError(400, "SIZE_INVALID", "the chunk is shorter than its Content-Range");
}

function created(repository: string, { digest }: Descriptor): Answer {
  return emptyAnswer(201, { location: blobPath(repository, digest), ...digestHeaders(digest) });
}

/**
 * Returns the headers with the location and the progress of an upload. `Range` is `0-0` for zero bytes and for one
 * byte; `Upload-Offset` is exact.
 *
 * @see {@link https://datatracker.ietf.org/doc/draft-ietf-httpbis-resumable-upload/}
 */
function progress(repository: string, { id, size }: Pick<BlobWriter, "id" | "size">): Record<string, string> {
  return {
    location: uploadPath(repository, id),
    range: `0-${Math.max(size - 1, 0)}`,
    "upload-offset": String(size),
    "docker-upload-uuid": id,
  };
}
