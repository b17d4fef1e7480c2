import type { BlobDescriptor } from "@ocilayout/oci-types";
import { verifyStream } from "@ocilayout/oci-types";
import type { BlobChunks } from "@ocilayout/oci-types/authors";
import { readVerified } from "@ocilayout/oci-types/authors";

import type { PushBlobCall, PushedContent, RepositoryCall } from "./calls.ts";

/** A call that pushes what `chunks` give, which is to be `expected`. */
export function pushBlobCall(
  call: RepositoryCall,
  expected: Pick<PushBlobCall, "digest" | "size">,
  chunks: BlobChunks,
): PushBlobCall {
  return { ...call, ...expected, unverified: chunks, content: verified(chunks, expected, call.signal) };
}

/** Verifies `chunks` when they are read. */
function verified(
  chunks: BlobChunks,
  expected: BlobDescriptor,
  signal: AbortSignal | undefined,
): PushedContent {
  return {
    bytes: () => readVerified(chunks, expected, { signal }),
    // What is copied first and verified then is what is handed out, whatever becomes of the source's memory.
    [Symbol.asyncIterator]: () =>
      verifyStream(copyChunks(chunks), expected, { signal })[Symbol.asyncIterator]() as AsyncIterator<
        Uint8Array<ArrayBuffer>
      >,
  };
}

async function* copyChunks(chunks: BlobChunks): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for await (const chunk of chunks) yield chunk.slice();
}
