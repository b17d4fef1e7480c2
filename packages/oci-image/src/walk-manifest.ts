import type { CallOptions, Descriptor, Digest, ParsedManifest, RegistryReader } from "@ocilayout/oci-types";
import { isRegistryError, manifestKind, parseManifest, RegistryError } from "@ocilayout/oci-types";
import { cloneJson, requireCount, requireSignal } from "@ocilayout/oci-types/authors";

import { readStored } from "./read-stored.ts";

/** What {@link walkManifest} needs of a registry. */
export type ManifestSource = Pick<RegistryReader, "getManifest">;

/** Options of {@link walkManifest}. */
export interface WalkOptions extends CallOptions {
  /** A manifest of more bytes is not read, and counts as damaged. Default 8 MiB. */
  readonly maxManifestBytes?: number | undefined;
}

/** One thing that a walk comes by. */
export interface WalkStep {
  /** What it is: of the root as the registry says, of all else as its parent says. */
  readonly descriptor: Descriptor;
  /** What it is to its parent. `"other"` is a child of an index that is neither manifest nor index. */
  readonly role: "index" | "image" | "config" | "layer" | "other";
  /** How far it is from the root, which is 0. */
  readonly depth: number;
  /** The digest of the manifest that refers to it; of the root none. */
  readonly parent?: string | undefined;
  /**
   * `"read"`: a manifest that was read and verified. `"listed"`: content that a walk does not read. `"repeated"`: a
   * manifest that was come by before, and is not entered again. `"missing"`, `"damaged"`: one that cannot be read.
   */
  readonly state: "read" | "listed" | "repeated" | "missing" | "damaged";
  /** The manifest, where it was read. */
  readonly manifest?: ParsedManifest | undefined;
  /** Why it cannot be read, where it is missing or damaged. */
  readonly error?: RegistryError | undefined;
}

type Waiting = Pick<WalkStep, "descriptor" | "role" | "depth" | "parent">;

const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** What a manifest is rejected with that is there, and cannot be read. */
const DAMAGED = ["MANIFEST_INVALID", "CONTENT_CORRUPT", "DIGEST_INVALID", "SIZE_INVALID"] as const;

/**
 * Walks over everything that a manifest consists of: an index before its manifests, a manifest before its config and
 * then its layers, all in the order of the documents, depth first. Each manifest is read once, when it is come by first;
 * what is missing or damaged is a step like any other and does not end the walk. Configs and layers come once for each
 * manifest that lists them; a `subject` is no part, and is not walked to.
 *
 * A manifest is verified against the digest it was asked by, whoever the registry is: so no forged document leads round
 * in a circle, or on for ever. What is kept: the parts still to come of each manifest on the way down, and the digests of
 * those met.
 *
 * @param root - The manifest's digest.
 * @throws `RegistryError` at the first `next()` where the root itself cannot be read, and later whatever the registry
 * rejects with but `MANIFEST_UNKNOWN` and `BLOB_UNKNOWN` (missing), `MANIFEST_INVALID`, `CONTENT_CORRUPT`,
 * `DIGEST_INVALID` (of an algorithm that cannot be verified) and `SIZE_INVALID` (damaged).
 */
export async function* walkManifest(
  registry: ManifestSource,
  repo: string,
  root: string,
  options: WalkOptions = {},
): AsyncGenerator<WalkStep, void, undefined> {
  const signal = requireSignal(options);
  const { maxManifestBytes } = options;
  if (maxManifestBytes !== undefined) requireCount(maxManifestBytes, "maxManifestBytes");
  const how = { signal, maxManifestBytes };
  const seen: Set<string> = new Set([root]);
  const first = await read(registry, repo, root, how);
  const rootStep = {
    descriptor: first.descriptor,
    role: roleOf(first.descriptor),
    depth: 0,
    parent: undefined,
  };
  const waiting: Waiting[] = [];
  pushParts(waiting, rootStep, first.manifest);
  yield { ...rootStep, state: "read", manifest: first.manifest };
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    signal?.throwIfAborted();
    const { digest } = next.descriptor;
    if (next.role !== "index" && next.role !== "image") yield { ...next, state: "listed" };
    else if (seen.has(digest)) yield { ...next, state: "repeated" };
    else {
      const step = await enter(registry, repo, next, how);
      if (step.manifest !== undefined) {
        seen.add(digest);
        pushParts(waiting, next, step.manifest);
      }
      yield step;
    }
  }
}

async function enter(
  registry: ManifestSource,
  repo: string,
  next: Waiting,
  options: WalkOptions,
): Promise<WalkStep> {
  try {
    const { manifest } = await read(registry, repo, next.descriptor.digest, options);
    if (manifest.kind === next.role) return { ...next, state: "read", manifest };
    const error = new RegistryError(
      "MANIFEST_INVALID",
      `${next.descriptor.digest} is not the ${next.role} that its index says`,
    );
    return { ...next, state: "damaged", error };
  } catch (error) {
    if (isRegistryError(error, "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"))
      return { ...next, state: "missing", error };
    if (isRegistryError(error, ...DAMAGED)) return { ...next, state: "damaged", error };
    throw error;
  }
}

/** Reads one manifest and verifies it, whether or not its registry does. */
export async function read(
  registry: ManifestSource,
  repo: string,
  digest: string,
  { signal, maxManifestBytes = MAX_MANIFEST_BYTES }: WalkOptions,
): Promise<{ descriptor: Descriptor; manifest: ParsedManifest }> {
  signal?.throwIfAborted();
  const reader = await registry.getManifest(repo, digest, { signal });
  try {
    const descriptor = { ...cloneJson(reader.descriptor), digest: digest as Digest };
    if (descriptor.size > maxManifestBytes) {
      throw new RegistryError(
        "SIZE_INVALID",
        `the manifest has ${descriptor.size} bytes, more than ${maxManifestBytes}`,
      );
    }
    const bytes = await readStored(reader, descriptor, { signal });
    return { descriptor, manifest: parseManifest(bytes, descriptor.mediaType) };
  } finally {
    await reader.close();
  }
}

/** Puts what a manifest refers to where it is taken from next: the last first. */
function pushParts(waiting: Waiting[], { descriptor, depth }: Waiting, manifest: ParsedManifest): void {
  const parts: Waiting[] = [];
  const add = (part: Descriptor, role: WalkStep["role"]): void => {
    // The manifest is given away with its step, and what becomes of it there must not change the walk.
    parts.push({ descriptor: cloneJson(part), role, depth: depth + 1, parent: descriptor.digest });
  };
  if (manifest.kind === "index") for (const child of manifest.index.manifests) add(child, roleOf(child));
  if (manifest.kind === "image") {
    add(manifest.manifest.config, "config");
    for (const layer of manifest.manifest.layers) add(layer, "layer");
  }
  for (const part of parts.reverse()) waiting.push(part);
}

function roleOf({ mediaType }: Descriptor): WalkStep["role"] {
  const kind = manifestKind(mediaType);
  return kind === "opaque" ? "other" : kind;
}
