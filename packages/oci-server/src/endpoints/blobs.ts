import { octetStream, type BlobReader, type Descriptor } from "@ocilayout/oci-types";

import type { Answer } from "../http/answer.ts";
import { emptyAnswer, openContent } from "../http/answer.ts";
import type { Context } from "./context.ts";
import { conditionAnswer, contentHeaders } from "../http/content-headers.ts";
import { entityTag, evaluateRead } from "../http/entity-tag.ts";
import { HttpError } from "../http/http-error.ts";
import type { HeaderFields } from "../http/incoming.ts";
import { parseRange } from "../http/range.ts";

/** Answers GET of a blob, or of a range of it (end-2). */
export async function getBlob(
  { registry, request, read: how, lease }: Context,
  repository: string,
  digest: string,
): Promise<Answer> {
  const { headers, signal } = request;
  const read = { ...how, chunkSize: lease.holdBuffers() };
  if (!hasConditions(headers))
    return wholeAnswer(await registry.getBlob(repository, digest, { ...read, signal }));
  const descriptor = await registry.resolveBlob(repository, digest, { signal });
  const instead = evaluateRead(headers, descriptor.digest);
  if (instead !== undefined) return conditionAnswer(instead, descriptor);
  const isCurrent =
    headers.get("if-range") === null || headers.get("if-range") === entityTag(descriptor.digest);
  const range = isCurrent ? parseRange(headers.get("range"), descriptor.size) : undefined;
  if (range === undefined)
    return wholeAnswer(await registry.getBlob(repository, digest, { ...read, signal }));
  if (range === "unsatisfiable") {
    throw new HttpError(
      416,
      "RANGE_INVALID",
      `the range cannot be satisfied: the blob has ${descriptor.size} bytes`,
      {
        "content-range": `bytes */${descriptor.size}`,
      },
    );
  }
  const body = await openContent(await registry.getBlobRange(repository, digest, range, { ...read, signal }));
  const length = String(range.end - range.start);
  const contentRange = `bytes ${range.start}-${range.end - 1}/${descriptor.size}`;
  return {
    status: 206,
    headers: { ...describe(descriptor), "content-length": length, "content-range": contentRange },
    body,
  };
}

async function wholeAnswer(reader: BlobReader): Promise<Answer> {
  return { status: 200, headers: describe(reader.descriptor), body: await openContent(reader) };
}

/** Answers HEAD of a blob (end-2). */
export async function headBlob(
  { registry, request }: Context,
  repository: string,
  digest: string,
): Promise<Answer> {
  const descriptor = await registry.resolveBlob(repository, digest, { signal: request.signal });
  const instead = evaluateRead(request.headers, descriptor.digest);
  return instead === undefined
    ? { status: 200, headers: describe(descriptor) }
    : conditionAnswer(instead, descriptor);
}

/** Answers DELETE of a blob (end-10). */
export async function deleteBlob(
  { registry, request }: Context,
  repository: string,
  digest: string,
): Promise<Answer> {
  await registry.deleteBlob(repository, digest, { signal: request.signal });
  return emptyAnswer(202);
}

function hasConditions(headers: HeaderFields): boolean {
  return headers.has("range") || headers.has("if-match") || headers.has("if-none-match");
}

function describe(descriptor: Descriptor): Record<string, string> {
  return { ...contentHeaders(descriptor, octetStream), "accept-ranges": "bytes" };
}
