import { RegistryError } from "@ocilayout/oci-types";

import type { RequestBody } from "./transport.ts";

/**
 * Opens a body, and checks that it has the size that it announces.
 *
 * @throws TypeError if it cannot be opened again. Its iteration throws `RegistryError` `SIZE_INVALID` for another size.
 */
export function openCounted(body: RequestBody): AsyncIterable<Uint8Array> {
  const chunks = body.open();
  if (chunks === undefined) throw new TypeError("the body was read already, and cannot be read again");
  return body.size === undefined ? chunks : counted(chunks, body.size);
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  expected: number,
): AsyncGenerator<Uint8Array, void> {
  let received = 0;
  for await (const chunk of chunks) {
    received += chunk.length;
    if (received > expected)
      throw new RegistryError("SIZE_INVALID", `the content is longer than its size of ${expected} bytes`, {
        detail: { expected },
      });
    yield chunk;
  }
  if (received !== expected)
    throw new RegistryError("SIZE_INVALID", `the content has ${received} bytes, not ${expected}`, {
      detail: { expected, received },
    });
}
