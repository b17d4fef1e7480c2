import type {
  CallOptions,
  Descriptor,
  ImageManifest,
  ParsedManifest,
  Platform,
  RegistryReader,
} from "@ocilayout/oci-types";
import { isRegistryError, manifestKind, RegistryError } from "@ocilayout/oci-types";
import { isRecord, requireSignal } from "@ocilayout/oci-types/authors";

import { isAttestation, selectPlatform } from "./platform.ts";
import { readStored } from "./read-stored.ts";
import { read } from "./walk-manifest.ts";

/**
 * The config of an image. It keeps members that the specification does not define.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/config.md#properties}
 */
export interface ImageConfig extends Platform {
  /** The time when the image was created, in the form of RFC 3339. */
  readonly created?: string | undefined;
  /** The author of the image. */
  readonly author?: string | undefined;
  /** The defaults for running a container: `Entrypoint`, `Cmd`, `Env` and others. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** The digests of the uncompressed layers. */
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly string[] };
  /** The history of each layer. */
  readonly history?: readonly Readonly<Record<string, unknown>>[] | undefined;
}

/** The maximum size of a config, in bytes. */
const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

/**
 * Reads and verifies the config of an image manifest, even if the registry does not verify content.
 *
 * @throws `RegistryError` with one of these codes:
 *
 * - `BLOB_UNKNOWN`: the config is missing.
 * - `SIZE_INVALID`: the config is larger than 8 MiB.
 * - `CONTENT_CORRUPT`: the config does not match its digest.
 * - `MANIFEST_INVALID`: the config has another size than in the manifest, or is not an image config. The config of an
 *   artifact can be anything.
 */
export async function readImageConfig(
  registry: Pick<RegistryReader, "getBlob">,
  repo: string,
  manifest: ImageManifest,
  options: CallOptions = {},
): Promise<ImageConfig> {
  const signal = requireSignal(options);
  signal?.throwIfAborted();
  const { digest, size } = manifest.config;
  if (size > MAX_CONFIG_BYTES)
    throw new RegistryError("SIZE_INVALID", `config ${digest} is larger than ${MAX_CONFIG_BYTES} bytes`);
  const reader = await registry.getBlob(repo, digest, { signal });
  try {
    if (reader.descriptor.size !== size) {
      throw new RegistryError(
        "MANIFEST_INVALID",
        `config ${digest} has ${reader.descriptor.size} bytes, not ${size}`,
      );
    }
    const config = parseJson(await readStored(reader, manifest.config, { signal }));
    if (isImageConfig(config)) return config;
    throw new RegistryError("MANIFEST_INVALID", `${digest} is not an image config`);
  } finally {
    await reader.close();
  }
}

/** Parses JSON. Returns `undefined` if the bytes are not JSON. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // The caller reports the error.
  }
}

function isImageConfig(value: unknown): value is ImageConfig {
  if (!isRecord(value)) return false;
  const {
    architecture,
    os,
    rootfs,
    variant = "",
    "os.version": version = "",
    "os.features": features = [],
  } = value;
  if (![architecture, os, variant, version].every((it) => typeof it === "string")) return false;
  return (
    isStrings(features) &&
    isRecord(rootfs) &&
    typeof rootfs["type"] === "string" &&
    isStrings(rootfs["diff_ids"])
  );
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((it) => typeof it === "string");
}

/**
 * Finds the image manifest that runs best on the platform `wanted`. It chooses as {@link selectPlatform} does, also from
 * nested indexes. If no descriptor with a platform fits, it reads the configs of the images without one. Missing and
 * damaged images are skipped.
 *
 * @param root - The digest of an index. For any other manifest, its own descriptor is returned, whatever its platform.
 * @throws `RegistryError` `MANIFEST_UNKNOWN` if no image of the index fits.
 */
export async function resolvePlatform(
  registry: Pick<RegistryReader, "getManifest" | "getBlob">,
  repo: string,
  root: string,
  wanted: Platform,
  options: CallOptions = {},
): Promise<Descriptor> {
  const how = { signal: requireSignal(options) };
  const seen: Set<string> = new Set();
  for (let digest = root; !seen.has(digest);) {
    seen.add(digest);
    const { descriptor, manifest } = await read(registry, repo, digest, how);
    if (manifest.kind !== "index") return descriptor;
    const candidates = await flatten(registry, repo, manifest.index.manifests, how);
    const chosen =
      selectPlatform(candidates, wanted) ??
      selectPlatform(await askConfigs(registry, repo, candidates, how), wanted);
    if (chosen === undefined) break;
    digest = chosen.digest;
  }
  throw new RegistryError("MANIFEST_UNKNOWN", `${root} has no image for ${wanted.os}/${wanted.architecture}`);
}

type Source = Pick<RegistryReader, "getManifest" | "getBlob">;

/** Returns `manifests`, with each index that has no platform replaced by its own manifests. */
async function flatten(
  registry: Source,
  repo: string,
  manifests: readonly Descriptor[],
  options: CallOptions,
): Promise<Descriptor[]> {
  const flat: Descriptor[] = [];
  const seen: Set<string> = new Set();
  const waiting = [...manifests].reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.platform !== undefined || manifestKind(next.mediaType) !== "index") {
      flat.push(next);
      continue;
    }
    if (seen.has(next.digest)) continue;
    seen.add(next.digest);
    const inner = await readIfThere(registry, repo, next.digest, options);
    if (inner?.kind === "index")
      for (const child of [...inner.index.manifests].reverse()) waiting.push(child);
  }
  return flat;
}

/** Returns the images without a platform, each with the platform from its config. */
async function askConfigs(
  registry: Source,
  repo: string,
  manifests: readonly Descriptor[],
  options: CallOptions,
): Promise<Descriptor[]> {
  const asked: Descriptor[] = [];
  for (const descriptor of manifests) {
    const isImage = manifestKind(descriptor.mediaType) === "image" && !isAttestation(descriptor);
    if (descriptor.platform !== undefined || !isImage) continue;
    const platform = await unlessUnreadable(async () => {
      const { manifest } = await read(registry, repo, descriptor.digest, options);
      return manifest.kind === "image"
        ? readImageConfig(registry, repo, manifest.manifest, options)
        : undefined;
    });
    if (platform !== undefined) asked.push({ ...descriptor, platform });
  }
  return asked;
}

async function readIfThere(
  registry: Source,
  repo: string,
  digest: string,
  options: CallOptions,
): Promise<ParsedManifest | undefined> {
  return (await unlessUnreadable(() => read(registry, repo, digest, options)))?.manifest;
}

/** Runs `run`. Returns `undefined` if the content is missing or damaged, and rejects for any other failure. */
async function unlessUnreadable<Value>(run: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await run();
  } catch (error) {
    const codes = [
      "MANIFEST_UNKNOWN",
      "BLOB_UNKNOWN",
      "MANIFEST_INVALID",
      "CONTENT_CORRUPT",
      "DIGEST_INVALID",
      "SIZE_INVALID",
    ] as const;
    if (isRegistryError(error, ...codes)) return undefined;
    throw error;
  }
}
