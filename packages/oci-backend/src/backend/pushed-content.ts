import type { BlobDescriptor } from "@ocilayout/oci-types";
import { verifyStream } from "@ocilayout/oci-types";
import type { BlobChunks } from "@ocilayout/oci-types/authors";
import { readVerified } from "@ocilayout/oci-types/authors";

import type { PushBlobCall, PushedContent, RepositoryCall } from "./calls.ts";

/** Returns a call that pushes `chunks`, whose content should be `expected`. */
export function pushBlobCall(
  call: RepositoryCall,
  expected: Pick<PushBlobCall, "digest" | "size">,
  chunks: BlobChunks,
): PushBlobCall {
  // Spreading the objects would take as long as hashing four kibibytes.
  const { repository, signal } = call;
  const { digest, size } = expected;
  return {
    repository,
    signal,
    digest,
    size,
    unverified: chunks,
    content: verified(chunks, expected, signal),
  };
}

/** Content that is verified while it is read. */
function verified(
  chunks: BlobChunks,
  expected: BlobDescriptor,
  signal: AbortSignal | undefined,
): PushedContent {
  return {
    bytes: () => readVerified(chunks, expected, { signal }),
    // Copies first and verifies the copy: the source may overwrite its chunks meanwhile.
    [Symbol.asyncIterator]: () =>
      verifyStream(copyChunks(chunks), expected, { signal })[Symbol.asyncIterator]() as AsyncIterator<
        Uint8Array<ArrayBuffer>
      >,
  };
}

async function* copyChunks(chunks: BlobChunks): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for await (const chunk of chunks) yield chunk.slice();
}
