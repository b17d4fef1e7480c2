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
 * The config of an image. Members that are no part of the specification are kept as they are.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/config.md#properties}
 */
export interface ImageConfig extends Platform {
  /** When the image was made, as of RFC 3339. */
  readonly created?: string | undefined;
  /** Who made it. */
  readonly author?: string | undefined;
  /** How a container of it is run: `Entrypoint`, `Cmd`, `Env` and so on. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** What its file system consists of. */
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly string[] };
  /** How each layer came to be. */
  readonly history?: readonly Readonly<Record<string, unknown>>[] | undefined;
}

/** A config of more bytes is not read. */
const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

/**
 * Reads the config of an image manifest, and verifies it, whether or not its registry does.
 *
 * @throws `RegistryError` `BLOB_UNKNOWN` where it is not there, `SIZE_INVALID` where it has more than 8 MiB,
 * `CONTENT_CORRUPT` where it is not what its digest says, `MANIFEST_INVALID` where its size is not what the manifest says
 * or it is no image config: that of an artifact may be anything.
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
    throw new RegistryError("SIZE_INVALID", `the config ${digest} has more than ${MAX_CONFIG_BYTES} bytes`);
  const reader = await registry.getBlob(repo, digest, { signal });
  try {
    if (reader.descriptor.size !== size) {
      throw new RegistryError(
        "MANIFEST_INVALID",
        `the config ${digest} has ${reader.descriptor.size} bytes, not ${size}`,
      );
    }
    const config = parseJson(await readStored(reader, manifest.config, { signal }));
    if (isImageConfig(config)) return config;
    throw new RegistryError("MANIFEST_INVALID", `${digest} is no image config`);
  } finally {
    await reader.close();
  }
}

/** The document in `bytes`; `undefined` if they are not JSON. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // The caller reports what it expected.
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
 * Finds the image manifest that runs best on `wanted`: of an index the one that {@link selectPlatform} chooses, through
 * indexes within indexes; where a descriptor says no platform, the image's own config does. A manifest that is no index is
 * itself the answer, whatever it runs on.
 *
 * @throws `RegistryError` `MANIFEST_UNKNOWN` where no image of the index fits.
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

/** `manifests`, with what is listed in place of an index that says no platform. */
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

/** The manifests that say no platform, with the one that their config says. */
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

/** What is missing or damaged can be run by nobody, and is no candidate; any other failure is one. */
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
