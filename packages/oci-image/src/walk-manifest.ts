import type { CallOptions, Descriptor, Digest, ParsedManifest, RegistryReader } from "@ocilayout/oci-types";
import { isRegistryError, manifestKind, parseManifest, RegistryError } from "@ocilayout/oci-types";
import { cloneJson, requireCount, requireSignal } from "@ocilayout/oci-types/authors";

import { readStored } from "./read-stored.ts";

/** The part of a registry that {@link walkManifest} uses. */
export type ManifestSource = Pick<RegistryReader, "getManifest">;

/** Options of {@link walkManifest}. */
export interface WalkOptions extends CallOptions {
  /** The maximum size of a manifest, in bytes. Larger ones are not read, and count as damaged. Defaults to 8 MiB. */
  readonly maxManifestBytes?: number | undefined;
}

/** One step of a walk: a manifest, a config, a layer or other content. */
export interface WalkStep {
  /** The descriptor of the content: from the registry for the root, from the parent otherwise. */
  readonly descriptor: Descriptor;
  /** The role of the content in its parent. `"other"` is a child of an index with an unknown media type. */
  readonly role: "index" | "image" | "config" | "layer" | "other";
  /** The distance from the root, which has depth 0. */
  readonly depth: number;
  /** The digest of the parent. Absent for the root. */
  readonly parent?: string | undefined;
  /**
   * - `"read"`: a manifest that was read and verified.
   * - `"listed"`: content that a walk does not read.
   * - `"repeated"`: a manifest that an earlier step has read.
   * - `"missing"`, `"damaged"`: a manifest that cannot be read.
   */
  readonly state: "read" | "listed" | "repeated" | "missing" | "damaged";
  /** The manifest, if `state` is `"read"`. */
  readonly manifest?: ParsedManifest | undefined;
  /** The reason, if `state` is `"missing"` or `"damaged"`. */
  readonly error?: RegistryError | undefined;
}

type Waiting = Pick<WalkStep, "descriptor" | "role" | "depth" | "parent">;

const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** The codes of a manifest that exists and cannot be read. */
const DAMAGED = ["MANIFEST_INVALID", "CONTENT_CORRUPT", "DIGEST_INVALID", "SIZE_INVALID"] as const;

/**
 * Walks everything that a manifest consists of, depth first and in the order of the documents: an index before its
 * manifests, a manifest before its config and its layers.
 *
 * - Each manifest is read once. Configs and layers are listed once for each manifest that has them.
 * - A missing or damaged manifest is a step, and does not end the walk.
 * - A `subject` is not part of a manifest, so it is not walked.
 * - Every manifest is verified against its digest, even if the registry does not verify it. So a walk ends, even over
 *   forged documents.
 * - Memory is needed for the digests of the manifests so far, and for the parts that are still to come.
 *
 * @param root - The digest of the manifest.
 * @throws `RegistryError` at the first `next()` if the root cannot be read. Later for failures of the registry itself, such
 * as `STORAGE_FAILED`.
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
      `${next.descriptor.digest} is not an ${next.role}, as its index describes it`,
    );
    return { ...next, state: "damaged", error };
  } catch (error) {
    if (isRegistryError(error, "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"))
      return { ...next, state: "missing", error };
    if (isRegistryError(error, ...DAMAGED)) return { ...next, state: "damaged", error };
    throw error;
  }
}

/** Reads one manifest and verifies it, even if the registry does not verify content. */
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
        `manifest ${digest} has ${descriptor.size} bytes, more than ${maxManifestBytes}`,
      );
    }
    const bytes = await readStored(reader, descriptor, { signal });
    return { descriptor, manifest: parseManifest(bytes, descriptor.mediaType) };
  } finally {
    await reader.close();
  }
}

/** Pushes the parts of a manifest onto the stack, the last first. */
function pushParts(waiting: Waiting[], { descriptor, depth }: Waiting, manifest: ParsedManifest): void {
  const parts: Waiting[] = [];
  const add = (part: Descriptor, role: WalkStep["role"]): void => {
    // The caller gets the manifest and may change it. A copy keeps the walk unaffected.
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
