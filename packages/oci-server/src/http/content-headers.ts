import type { Descriptor } from "@ocilayout/oci-types";

import type { Answer } from "./answer.ts";
import { emptyAnswer } from "./answer.ts";
import { entityTag } from "./entity-tag.ts";
import { HttpError } from "./http-error.ts";

/** The headers by which an answer says what content it is about. */
export function digestHeaders(digest: string): Record<string, string> {
  return { "docker-content-digest": digest, etag: entityTag(digest) };
}

/** The headers of an answer that has the content, or would have it. */
export function contentHeaders({ digest, size }: Descriptor, mediaType: string): Record<string, string> {
  return { "content-type": mediaType, "content-length": String(size), ...digestHeaders(digest) };
}

/** The answer where a condition of a read says not to send the content. */
export function conditionAnswer(status: 304 | 412, { digest }: Descriptor): Answer {
  if (status === 412) throw new HttpError(412, "PRECONDITION_FAILED", "the content is another");
  return emptyAnswer(304, digestHeaders(digest));
}
