import type { PushManifestCall } from "@ocilayout/oci-backend";
import type { Precondition } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { RegistryRequest } from "../../requests/registry-client.ts";
import { bytesBody } from "../remote/body.ts";
import { digestHeader, headerOf } from "../remote/headers.ts";
import type { Remote } from "../remote/remote.ts";
import { askForChange } from "../remote/change.ts";
import { manifestPath, scopesOf } from "../remote/remote.ts";

/** A manifest to send, and its tags. */
export interface PutManifest extends Pick<PushManifestCall, "repository" | "manifest" | "signal"> {
  /** The tag or the digest. */
  readonly reference: string;
  /** Further tags. */
  readonly tags?: readonly string[];
  readonly precondition?: Precondition;
}

/**
 * Pushes a manifest by digest or by tag (end-7a). Several tags are set with one request if the registry can (end-7b), and
 * one after the other if not. The capability `atomicTags` decides.
 */
export async function pushManifest(remote: Remote, call: PushManifestCall): Promise<void> {
  const { tags, precondition, manifest } = call;
  const { atomicTags } = remote.capabilities;
  if (isConditional(precondition)) requireConditions(remote, tags);
  const { digest } = manifest.descriptor;
  const [first, ...others] = tags;
  if (first === undefined) return putManifest(remote, { ...call, reference: digest, tags: [] });
  // A registry computes the digest of a tagged manifest with sha256.
  const isPlain = digest.startsWith("sha256:");
  if (isPlain && others.length === 0) return putManifest(remote, { ...call, reference: first, tags: [] });
  if (atomicTags !== false) return putManifest(remote, { ...call, reference: digest });
  if (!isPlain)
    throw new RegistryError(
      "UNSUPPORTED",
      `the registry cannot set the tags of a manifest with the digest ${digest}`,
    );
  for (const tag of tags) await putManifest(remote, { ...call, reference: tag, tags: [] });
}

/** Sends a manifest. It can be sent again unless a precondition would then be about its own effect. */
export async function putManifest(remote: Remote, put: PutManifest): Promise<void> {
  const { repository, manifest, reference, tags = [], precondition = {}, signal } = put;
  const { content, descriptor } = manifest;
  const query = new URLSearchParams(tags.map((tag): [string, string] => ["tag", tag])).toString();
  const response = await askForChange(
    remote,
    {
      method: "PUT",
      target: manifestPath(remote, repository, reference) + (query === "" ? "" : `?${query}`),
      scopes: scopesOf(remote, repository, "pull", "push"),
      headers: { "content-type": descriptor.mediaType, ...conditionHeaders(precondition) },
      body: bytesBody(content),
      repeatable: !isConditional(precondition),
      signal,
    },
    [200, 201, 202, 204],
    { 400: "MANIFEST_INVALID", 404: "NAME_UNKNOWN", 412: "PRECONDITION_FAILED", 413: "SIZE_INVALID" },
  );
  const stored = digestHeader(response);
  if (stored !== undefined && isOtherDigest(stored, descriptor.digest))
    throw changed(response.status, `it stored ${stored} instead of ${descriptor.digest}`);
  const applied = (headerOf(response, "oci-tag") ?? "").split(",").map((tag) => tag.trim());
  const ignored = tags.find((tag) => !applied.includes(tag));
  if (ignored !== undefined) throw changed(response.status, `it ignored the tag ${ignored}`);
}

/** Returns the headers of a conditional change. The entity tag of a manifest is its digest. */
export function conditionHeaders({ ifMatch, ifNoneMatch }: Precondition): Record<string, string> {
  return {
    ...(ifMatch === undefined ? {} : { "if-match": ifMatch === "*" ? "*" : `"${ifMatch}"` }),
    ...(ifNoneMatch === undefined ? {} : { "if-none-match": ifNoneMatch }),
  };
}

/** Whether a change depends on the present state of a tag. */
export function isConditional({ ifMatch, ifNoneMatch }: Precondition): boolean {
  return ifMatch !== undefined || ifNoneMatch !== undefined;
}

/** Rejects a precondition that the registry would ignore. */
export function requireConditions(remote: Remote, tags: readonly string[]): void {
  const { conditionalTags, atomicTags } = remote.capabilities;
  if (conditionalTags !== false && (tags.length < 2 || atomicTags !== false)) return;
  throw new RegistryError("UNSUPPORTED", "the registry does not support ifMatch and ifNoneMatch");
}

/** Returns a request that deletes a manifest or a tag (end-9). */
export function deleteRequest(
  remote: Remote,
  repository: string,
  reference: string,
  signal: AbortSignal | undefined,
): RegistryRequest {
  return {
    method: "DELETE",
    target: manifestPath(remote, repository, reference),
    scopes: scopesOf(remote, repository, "delete"),
    signal,
  };
}

function isOtherDigest(stored: string, pushed: string): boolean {
  return stored !== pushed && stored.startsWith(pushed.slice(0, pushed.indexOf(":") + 1));
}

function changed(status: number, why: string): RegistryError {
  return new RegistryError("REMOTE_FAILED", `the registry breaks the protocol: ${why}`, {
    detail: { status },
  });
}
