import { RegistryError } from "@ocilayout/oci-types";
import { concatBytes } from "@ocilayout/oci-types/authors";

import type { TransportResponse } from "./transport.ts";

/**
 * Returns the body of a response that is read whole: a token, an error, a list.
 *
 * @param limit - The maximum size in bytes.
 * @throws `RegistryError` with `REMOTE_FAILED` if the body is larger. The rest is not read.
 */
export async function readLimited(
  response: Pick<TransportResponse, "status" | "body">,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes, isCut } = await readBeginning(response, limit);
  if (isCut)
    throw new RegistryError("REMOTE_FAILED", `the response of the registry has more than ${limit} bytes`, {
      detail: { status: response.status },
    });
  return bytes;
}

/** Returns the first `limit` bytes of a body, and whether there were more. The rest is not read. */
export async function readBeginning(
  response: Pick<TransportResponse, "body">,
  limit: number,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; isCut: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    const part = chunk.subarray(0, limit - size);
    chunks.push(part);
    size += part.length;
    if (part.length < chunk.length) return { bytes: concatBytes(chunks, size), isCut: true };
  }
  return { bytes: concatBytes(chunks, size), isCut: false };
}
