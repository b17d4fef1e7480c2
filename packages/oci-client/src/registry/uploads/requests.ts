import type { RequestBody } from "../../transport/transport.ts";
import type { RegistryResponse } from "../../requests/registry-client.ts";
import { octetStream, RegistryError } from "@ocilayout/oci-types";

import { bytesBody } from "../remote/body.ts";
import { headerOf } from "../remote/headers.ts";
import { askForChange } from "../remote/change.ts";
import type { CodesByStatus, Remote } from "../remote/remote.ts";
import { askForHeaders, pathOf, scopesOf } from "../remote/remote.ts";

/** The codes of errors about uploads. */
export const uploadCodes: CodesByStatus = {
  404: "BLOB_UPLOAD_UNKNOWN",
  413: "SIZE_INVALID",
  416: "RANGE_INVALID",
};

/** The path of the uploads of a repository. */
export function uploadsPath(remote: Remote, repository: string): string {
  return pathOf(remote, repository, "blobs/uploads/");
}

/** One repository, as uploads use it. */
export interface UploadPlace {
  readonly remote: Remote;
  readonly repository: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Starts an upload and returns its address (end-4a).
 *
 * @param query - Begins with `?`, or is empty.
 */
export async function postUpload(
  { remote, repository, signal }: UploadPlace,
  query: string = "",
): Promise<RegistryResponse> {
  return askForHeaders(
    remote,
    {
      method: "POST",
      target: uploadsPath(remote, repository) + query,
      scopes: scopesOf(remote, repository, "pull", "push"),
      repeatable: true,
      signal,
    },
    [202],
    { 404: "NAME_UNKNOWN" },
  );
}

/**
 * Sends the last request of an upload, with the whole content or without one (end-4b, end-6). A PUT with the whole content
 * has no `Content-Range`, because some registries reject it.
 */
export async function putUpload(
  { remote, repository, signal }: UploadPlace,
  location: URL,
  digest: string,
  body: RequestBody = bytesBody(new Uint8Array()),
): Promise<void> {
  await askForChange(
    remote,
    {
      method: "PUT",
      target: withDigest(location, digest),
      scopes: scopesOf(remote, repository, "pull", "push"),
      headers: { "content-type": octetStream },
      body,
      signal,
    },
    [201, 204],
    { ...uploadCodes, 400: "DIGEST_INVALID" },
  );
}

/** Rejects an empty blob if the registry cannot store one. */
export function requireEmptyBlobs({ capabilities }: Remote): void {
  if (capabilities.emptyBlobs === false)
    throw new RegistryError("UNSUPPORTED", "the registry does not store empty blobs");
}

/** Cancels an upload, if the registry knows it and can. Otherwise it expires. */
export async function deleteUpload(
  { remote, repository, signal }: UploadPlace,
  location: URL,
): Promise<void> {
  await askForHeaders(
    remote,
    {
      method: "DELETE",
      target: location,
      scopes: scopesOf(remote, repository, "pull", "push"),
      signal,
    },
    [200, 202, 204, 404, 405],
    uploadCodes,
  );
}

/** Returns the address of an upload, as its last response named it. */
export function uploadLocation(remote: Remote, response: RegistryResponse): URL {
  const location = headerOf(response, "location");
  if (location !== undefined) return remote.client.resolve(location, response.url, "upload");
  throw new RegistryError("REMOTE_FAILED", "the registry breaks the protocol: an upload has no Location", {
    detail: { status: response.status },
  });
}

/** Adds the digest to an address, whose query is opaque and stays as it is. */
function withDigest(location: URL, digest: string): URL {
  const url = new URL(location);
  const { search } = url;
  url.search = `${search === "" || search === "?" ? "?" : `${search}&`}digest=${encodeURIComponent(digest)}`;
  return url;
}
