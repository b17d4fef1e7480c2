import type { Descriptor } from "@ocilayout/oci-types";

import type { Answer } from "./answer.ts";
import { emptyAnswer } from "./answer.ts";
import { entityTag } from "./entity-tag.ts";
import { HttpError } from "./http-error.ts";

/** Returns the headers that identify the content of an answer. */
export function digestHeaders(digest: string): Record<string, string> {
  return { "docker-content-digest": digest, etag: entityTag(digest) };
}

/** Returns the headers of an answer with the content, and of the answer to HEAD. */
export function contentHeaders({ digest, size }: Descriptor, mediaType: string): Record<string, string> {
  return { "content-type": mediaType, "content-length": String(size), ...digestHeaders(digest) };
}

/** Returns the answer to a read whose condition forbids to send the content. */
export function conditionAnswer(status: 304 | 412, { digest }: Descriptor): Answer {
  if (status === 412)
    throw new HttpError(
      412,
      "PRECONDITION_FAILED",
      "the precondition does not hold: the content has another digest",
    );
  return emptyAnswer(304, digestHeaders(digest));
}
