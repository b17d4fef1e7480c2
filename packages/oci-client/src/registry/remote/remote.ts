import type { RegistryCapabilities, RegistryErrorCode } from "@ocilayout/oci-types";

import type { Scope } from "../../auth/authenticator.ts";
import { readErrors } from "../../requests/read-errors.ts";
import type { RegistryClient, RegistryRequest, RegistryResponse } from "../../requests/registry-client.ts";

/** The parts of a remote registry that its calls share. */
export interface Remote {
  readonly client: RegistryClient;
  /** Returns the name of a repository at the registry: Docker Hub keeps official images in `library/`. */
  readonly nameOf: (repository: string) => string;
  /** The features of the registry: probed, or declared by the caller. */
  readonly capabilities: Partial<RegistryCapabilities>;
  /** Whether mirrors may answer reads. */
  readonly hasMirrors: boolean;
  /** The size in bytes of the largest manifest that is read or pushed. */
  readonly maxManifestBytes: number;
  /** The most items that a list collects. */
  readonly maxListItems: number;
  /** Receives the warnings of the client itself. */
  readonly warn: (message: string) => void;
}

/** Codes for statuses of responses without a known code. */
export type CodesByStatus = Readonly<Partial<Record<number, RegistryErrorCode>>>;

/** Returns the path of a part of a repository. */
export function pathOf(remote: Remote, repository: string, rest: string): string {
  return `/v2/${remote.nameOf(repository)}/${rest}`;
}

/** Returns the path of a blob. A digest has no character that a path must escape. */
export function blobPath(remote: Remote, repository: string, digest: string): string {
  return pathOf(remote, repository, `blobs/${digest}`);
}

/** Returns the path of a manifest, by digest or tag. */
export function manifestPath(remote: Remote, repository: string, reference: string): string {
  return pathOf(remote, repository, `manifests/${reference}`);
}

/** Returns the permissions for actions on a repository. */
export function scopesOf(
  remote: Remote,
  repository: string,
  ...actions: readonly string[]
): readonly Scope[] {
  return [{ type: "repository", name: remote.nameOf(repository), actions }];
}

/**
 * Sends a request and returns a response with one of the statuses `expected`.
 *
 * @param codes - The codes of errors whose body has no known code.
 * @throws The error in any other response.
 */
export async function ask(
  remote: Remote,
  request: RegistryRequest,
  expected: readonly number[],
  codes: CodesByStatus = {},
): Promise<RegistryResponse> {
  const response = await remote.client.send(request);
  if (expected.includes(response.status)) return response;
  throw await readErrors(response, { codes });
}

/** Sends a request as {@link ask} does, and drops the body of the response. */
export async function askForHeaders(
  remote: Remote,
  request: RegistryRequest,
  expected: readonly number[],
  codes: CodesByStatus = {},
): Promise<RegistryResponse> {
  const response = await ask(remote, request, expected, codes);
  await response.discard();
  return response;
}

/** Sends HEAD and drops the body. */
export async function askHead(
  remote: Remote,
  request: Omit<RegistryRequest, "method">,
): Promise<RegistryResponse> {
  const response = await remote.client.send({ ...request, method: "HEAD" });
  await response.discard();
  return response;
}
