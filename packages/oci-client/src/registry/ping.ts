import type { RegistryClient } from "../requests/registry-client.ts";
import { readErrors } from "../requests/read-errors.ts";
import { readBeginning } from "../transport/read-limited.ts";

/** The largest answer to a ping that is read, in bytes. */
const MAX_BYTES = 64 * 1024;

/**
 * Asks whether a registry answers, with the credentials of the caller (end-1).
 *
 * @returns The document of its answer; `undefined` if the answer is not a document.
 */
export async function ping(client: RegistryClient, signal: AbortSignal | undefined): Promise<unknown> {
  const response = await client.send({ method: "GET", target: "/v2/", scopes: [], signal });
  if (response.status !== 200) throw await readErrors(response, { codes: { 404: "UNSUPPORTED" } });
  const { bytes } = await readBeginning(response, MAX_BYTES);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}
