import type { DigestCall, OpenContent, ReadCall } from "@ocilayout/oci-backend";
import { RegistryError } from "@ocilayout/oci-types";
import { isUnshared, passUnshared } from "@ocilayout/oci-types/authors";

import { readErrors } from "../../requests/read-errors.ts";
import type { RegistryRequest, RegistryResponse } from "../../requests/registry-client.ts";
import { download } from "./download.ts";
import { contentRange, sizeHeader, sizeOfUnsatisfiable } from "../remote/headers.ts";
import type { Remote } from "../remote/remote.ts";
import { askForChange } from "../remote/change.ts";
import { blobPath, scopesOf, askHead } from "../remote/remote.ts";

/** The size of the blocks of a download, in bytes. A layout writes as much at once. */
const BLOCK_BYTES = 512 * 1024;

const UNKNOWN = { 404: "BLOB_UNKNOWN" } as const;

/**
 * Opens a blob with one GET, of the requested range if there is one (end-2). Returns `undefined` if the repository does not
 * have it.
 */
export async function openBlob(remote: Remote, call: ReadCall): Promise<OpenContent | undefined> {
  const { start, end } = call.range ?? { start: 0 };
  if (end !== undefined && end <= start) return openNothing(await sizeOfBlob(remote, call));
  const isWhole = start === 0 && end === undefined;
  const response = await remote.client.send({
    ...downloadOf(remote, call),
    headers: {
      "accept-encoding": "identity",
      ...(isWhole ? {} : { range: `bytes=${start}-${end === undefined ? "" : end - 1}` }),
    },
  });
  switch (response.status) {
    case 200: {
      const size = sizeHeader(response) ?? (await sizeWithout(remote, call, response));
      return openDownload(remote, call, { response, size, start: 0 });
    }
    case 206: {
      const range = contentRange(response);
      const size = range?.size ?? (await sizeWithout(remote, call, response));
      if (range?.start !== start)
        throw await broken(response, "it answers another range than the requested one");
      return openDownload(remote, call, { response, size, start });
    }
    case 404:
      await response.discard();
      return undefined;
    case 416: {
      await response.discard();
      return openNothing(sizeOfUnsatisfiable(response) ?? (await sizeOfBlob(remote, call)));
    }
    default:
      throw await readErrors(response, { codes: UNKNOWN });
  }
}

/**
 * Returns the size of a blob, or `undefined` if the repository does not have it (end-2). A registry may redirect HEAD to an
 * address that is signed for GET only, so any other failure is followed by a GET.
 */
export async function sizeOfBlob(remote: Remote, call: DigestCall): Promise<number | undefined> {
  const head = await askHead(remote, requestOf(remote, call, "HEAD"));
  if (head.status === 404) return undefined;
  const size = head.status === 200 ? sizeHeader(head) : undefined;
  if (size !== undefined) return size;
  const response = await remote.client.send({
    ...requestOf(remote, call, "GET"),
    headers: { "accept-encoding": "identity", range: "bytes=0-0" },
  });
  await response.discard();
  if (response.status === 404) return undefined;
  const found =
    response.status === 206
      ? contentRange(response)?.size
      : response.status === 416
        ? sizeOfUnsatisfiable(response)
        : response.status === 200
          ? sizeHeader(response)
          : undefined;
  if (found !== undefined) return found;
  throw await broken(response, "it does not state the size of a blob");
}

/** Deletes a blob (end-10). Returns false if the repository does not have it. */
export async function deleteBlob(remote: Remote, call: DigestCall): Promise<boolean> {
  const { repository, digest, signal } = call;
  const request: RegistryRequest = {
    method: "DELETE",
    target: blobPath(remote, repository, digest),
    scopes: scopesOf(remote, repository, "delete"),
    signal,
  };
  return (await askForChange(remote, request, [200, 202, 204, 404])).status !== 404;
}

function requestOf(
  remote: Remote,
  { repository, digest, signal }: DigestCall,
  method: "GET" | "HEAD",
): RegistryRequest {
  return {
    method,
    target: blobPath(remote, repository, digest),
    scopes: scopesOf(remote, repository, "pull"),
    mirrored: true,
    signal,
  };
}

/** Returns a GET whose response is the content. */
function downloadOf(remote: Remote, call: ReadCall): RegistryRequest {
  const { chunks, chunkSize = BLOCK_BYTES } = call;
  const blockBytes = chunks === "reused" ? Math.min(chunkSize, BLOCK_BYTES) : undefined;
  return { ...requestOf(remote, call, "GET"), blockBytes };
}

function openNothing(size: number | undefined): OpenContent | undefined {
  return size === undefined ? undefined : { size, read: () => new Uint8Array() };
}

function openDownload(
  remote: Remote,
  call: ReadCall,
  { response, size, start }: { response: RegistryResponse; size: number; start: number },
): OpenContent {
  const content: OpenContent = {
    size,
    chunks: isUnshared(response.body) ? call.chunks : "owned",
    read: (from, to) =>
      download({
        first: { body: response.body, start },
        from,
        to,
        signal: call.signal,
        // The address may have expired that the registry redirected to, so a new request goes to the registry. A mirror that
        // broke off is not asked again.
        ask: (position) =>
          remote.client.send({
            ...downloadOf(remote, call),
            mirrored: false,
            headers: { "accept-encoding": "identity", range: `bytes=${position}-${to - 1}` },
          }),
      }),
    close: () => response.discard(),
  };
  return passUnshared(response.body, content);
}

/** Finds the size of a blob whose response does not state it. */
async function sizeWithout(remote: Remote, call: DigestCall, response: RegistryResponse): Promise<number> {
  try {
    const size = await sizeOfBlob(remote, call);
    if (size !== undefined) return size;
  } catch (error) {
    await response.discard();
    throw error;
  }
  throw await broken(response, "it does not state the size of a blob");
}

async function broken(response: RegistryResponse, why: string): Promise<RegistryError> {
  await response.discard();
  return new RegistryError("REMOTE_FAILED", `the registry breaks the protocol: ${why}`, {
    detail: { status: response.status },
  });
}
