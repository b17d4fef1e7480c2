import type { DigestCall, StoredManifest, TagCall } from "@ocilayout/oci-backend";
import type { CheckedDigest, Descriptor, DigestAlgorithm } from "@ocilayout/oci-types";
import {
  computeDigest,
  isMediaType,
  isRegistryError,
  parseManifest,
  RegistryError,
} from "@ocilayout/oci-types";
import { requireDigest, stripMediaTypeParameters, wrongDigest } from "@ocilayout/oci-types/authors";

import { readErrors } from "../../requests/read-errors.ts";
import type { RegistryRequest, RegistryResponse } from "../../requests/registry-client.ts";
import { readBeginning } from "../../transport/read-limited.ts";
import { digestHeader, headerOf, sizeHeader } from "../remote/headers.ts";
import { acceptManifests } from "./accept.ts";
import type { Remote } from "../remote/remote.ts";
import { manifestPath, scopesOf, askHead } from "../remote/remote.ts";

/** The number of times that a manifest is requested whose response breaks off. */
const MAX_READS = 3;

/**
 * Fetches a manifest by digest (end-3), and verifies size, digest and type. Returns `undefined` if the repository does not
 * have it.
 */
export async function loadManifest(remote: Remote, call: DigestCall): Promise<StoredManifest | undefined> {
  return load(remote, requestOf(remote, call, call.digest), call.digest);
}

/**
 * Fetches the manifest of a tag (end-3). Its digest is computed from the content; if the registry claims another one, the
 * content is corrupt.
 */
export async function loadTag(remote: Remote, call: TagCall): Promise<StoredManifest | undefined> {
  return load(remote, requestOf(remote, call, call.tag), undefined);
}

/** Returns the descriptor of a manifest with one HEAD, or `undefined` if the repository does not have it. */
export async function findManifest(remote: Remote, call: DigestCall): Promise<Descriptor | undefined> {
  const found = await describe(remote, requestOf(remote, call, call.digest), call.digest);
  return found === "unclear" ? (await loadManifest(remote, call))?.descriptor : found;
}

/** Returns the descriptor of a tag with one HEAD, or `undefined` if the tag does not exist. */
export async function findTag(remote: Remote, call: TagCall): Promise<Descriptor | undefined> {
  const found = await describe(remote, requestOf(remote, call, call.tag), undefined);
  return found === "unclear" ? (await loadTag(remote, call))?.descriptor : found;
}

type Request = Omit<RegistryRequest, "method">;

function requestOf(
  remote: Remote,
  { repository, signal }: Pick<DigestCall, "repository" | "signal">,
  reference: string,
): Request {
  return {
    target: manifestPath(remote, repository, reference),
    scopes: scopesOf(remote, repository, "pull"),
    headers: { accept: acceptManifests, "accept-encoding": "identity" },
    mirrored: true,
    signal,
  };
}

/** Reads a descriptor from the response to HEAD. Returns `"unclear"` if only the content can answer. */
async function describe(
  remote: Remote,
  request: Request,
  expected: CheckedDigest | undefined,
): Promise<Descriptor | "unclear" | undefined> {
  const response = await askHead(remote, request);
  if (response.status === 404) return undefined;
  if (response.status !== 200) return "unclear";
  const [mediaType, digest, size] = [
    typeOf(response),
    expected ?? digestHeader(response),
    sizeHeader(response),
  ];
  return mediaType === undefined || digest === undefined || size === undefined
    ? "unclear"
    : { mediaType, digest, size };
}

async function load(
  remote: Remote,
  request: Request,
  expected: CheckedDigest | undefined,
): Promise<StoredManifest | undefined> {
  for (let reads = 1; ; reads += 1) {
    // A mirror is asked once.
    const mirrored = reads === 1;
    const response = await remote.client.send({ ...request, method: "GET", mirrored });
    if (response.status === 404) {
      await response.discard();
      return undefined;
    }
    if (response.status !== 200) throw await readErrors(response, { codes: {} });
    try {
      return await receive(remote, response, expected);
    } catch (error) {
      if (reads === MAX_READS || !isRegistryError(error)) throw error;
      // The response broke off, or the answer of a mirror is wrong.
      if (error.code !== "REMOTE_FAILED" && !(mirrored && remote.hasMirrors)) throw error;
    }
  }
}

async function receive(
  { maxManifestBytes }: Remote,
  response: RegistryResponse,
  expected: CheckedDigest | undefined,
): Promise<StoredManifest> {
  const size = sizeHeader(response);
  if (size !== undefined && size > maxManifestBytes) {
    await response.discard();
    throw tooLarge(maxManifestBytes);
  }
  const { bytes: content, isCut } = await readBeginning(response, maxManifestBytes);
  if (isCut) throw tooLarge(maxManifestBytes);
  const stated = expected ?? digestHeader(response);
  const algorithm = stated === undefined ? undefined : algorithmOf(stated);
  const { digest } = await computeDigest(content, { algorithm });
  if (stated !== undefined && stated !== digest) throw wrongDigest(stated, digest, "stored");
  const { mediaType } = parseManifest(content, typeOf(response) ?? ownTypeOf(content));
  return { content, descriptor: { mediaType, digest, size: content.length } };
}

function algorithmOf(digest: string): DigestAlgorithm {
  return requireDigest(digest).algorithm;
}

/** Returns the media type of a response, without parameters. */
function typeOf(response: RegistryResponse): string | undefined {
  const type = stripMediaTypeParameters(headerOf(response, "content-type") ?? "");
  return isMediaType(type) ? type : undefined;
}

/** Returns the `mediaType` of a manifest whose response has no `Content-Type`. */
function ownTypeOf(content: Uint8Array): string {
  try {
    const document: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
    const { mediaType } = document as { readonly mediaType?: unknown };
    if (typeof mediaType === "string") return mediaType;
  } catch {
    // Not JSON.
  }
  throw new RegistryError("REMOTE_FAILED", "the registry does not state the media type of a manifest", {
    detail: { status: 200 },
  });
}

function tooLarge(limit: number): RegistryError {
  return new RegistryError("SIZE_INVALID", `the registry sent a manifest of more than ${limit} bytes`, {
    detail: { limit },
  });
}
