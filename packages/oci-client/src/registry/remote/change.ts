import { onAbort } from "@ocilayout/oci-types/authors";

import type { RegistryRequest, RegistryResponse } from "../../requests/registry-client.ts";
import type { RequestBody } from "../../transport/transport.ts";
import type { CodesByStatus, Remote } from "./remote.ts";
import { askForHeaders } from "./remote.ts";

/**
 * How long a call waits after an abort for the answer to a change that was sent, in milliseconds. The registry may have made
 * the change already, and only its answer shows that.
 */
const GRACE_MS = 5000;

/**
 * Sends a request that makes a change, and drops the body of the response. Sending the last byte is the commit point. An abort
 * before it ends the request. After it the call succeeds if the registry answers soon, and otherwise rejects with the signal's
 * reason although the change may have been made.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-2 | Contract, clause 2}
 */
export async function askForChange(
  remote: Remote,
  { body, signal, ...request }: RegistryRequest,
  expected: readonly number[],
  codes: CodesByStatus = {},
): Promise<RegistryResponse> {
  signal?.throwIfAborted();
  const sending = new AbortController();
  const watched = body && watch(body);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const forget =
    signal &&
    onAbort(signal, () => {
      if (watched?.isSent() === false) sending.abort(signal.reason);
      else
        timer = setTimeout(() => {
          sending.abort(signal.reason);
        }, GRACE_MS);
    });
  try {
    return await askForHeaders(
      remote,
      { ...request, body: watched?.body, signal: sending.signal },
      expected,
      codes,
    );
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    forget?.();
    clearTimeout(timer);
  }
}

/** Watches whether the last byte of a body was handed out. */
function watch(body: RequestBody): { readonly body: RequestBody; readonly isSent: () => boolean } {
  let isSent = false;
  async function* watched(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    let left = body.size ?? Infinity;
    isSent = left === 0;
    for await (const chunk of content) {
      left -= chunk.length;
      isSent = left <= 0;
      yield chunk;
    }
    isSent = true;
  }
  return {
    body: {
      size: body.size,
      open() {
        const content = body.open();
        return content && watched(content);
      },
    },
    isSent: () => isSent,
  };
}
