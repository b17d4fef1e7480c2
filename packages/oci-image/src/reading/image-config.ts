import type { CallOptions, ImageManifest, Platform, RegistryReader } from "@ocilayout/oci-types";
import { dockerMediaTypes, ociMediaTypes, RegistryError } from "@ocilayout/oci-types";
import { cloneJson, isRecord, readVerified, scanDocument } from "@ocilayout/oci-types/authors";

import type { Place } from "../place/place.ts";
import { closeQuietly, requireStatedSize, statedBy } from "./stated.ts";

/**
 * The defaults for running a container. It keeps members that this type does not name.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/config.md#properties}
 */
export interface ImageConfigDefaults {
  /** The user and the group of the process: `"1000:1000"`, `"www-data"`. */
  readonly User?: string | undefined;
  /** The environment, as `"NAME=value"`. */
  readonly Env?: readonly string[] | null | undefined;
  /** The command, and its first arguments. */
  readonly Entrypoint?: readonly string[] | null | undefined;
  /** The arguments of the entry point, or the command if there is no entry point. */
  readonly Cmd?: readonly string[] | null | undefined;
  /** The working directory of the process. */
  readonly WorkingDir?: string | undefined;
  /** Labels of the image. */
  readonly Labels?: Readonly<Record<string, string>> | null | undefined;
  /** A member that this type does not name. */
  readonly [name: string]: unknown;
}

/** The origin of one layer, or of a step that made no layer. */
export interface ImageHistory {
  /** The time when the layer was created, in the form of RFC 3339. */
  readonly created?: string | undefined;
  /** The command that created the layer. */
  readonly created_by?: string | undefined;
  /** The author of the layer. */
  readonly author?: string | undefined;
  /** A message about the layer. */
  readonly comment?: string | undefined;
  /** Whether the step made no layer. Defaults to false. */
  readonly empty_layer?: boolean | undefined;
  /** A member that this type does not name. */
  readonly [name: string]: unknown;
}

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
  /** The defaults for running a container. */
  readonly config?: ImageConfigDefaults | null | undefined;
  /** The digests of the uncompressed layers, the lowest first. */
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly string[] };
  /** The history of the layers, the oldest step first. */
  readonly history?: readonly ImageHistory[] | null | undefined;
}

/** The maximum size of a config, in bytes. */
const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

/**
 * Reads and verifies the config of an image manifest, even if the registry does not verify content.
 *
 * @throws `RegistryError` with one of these codes:
 *
 * - `BLOB_UNKNOWN`: the config is missing.
 * - `SIZE_INVALID`: the config is larger than 8 MiB, or the registry states an invalid size.
 * - `CONTENT_CORRUPT`: the config does not match its digest.
 * - `DIGEST_INVALID`: the digest cannot be verified.
 * - `MANIFEST_INVALID`: the config has another size than in the manifest, or is not an image config. The config of an
 *   artifact can be anything.
 */
export async function readImageConfig(
  { registry, repository }: Omit<Place<Pick<RegistryReader, "getBlob">>, "reference">,
  manifest: ImageManifest,
  { signal }: CallOptions,
): Promise<ImageConfig> {
  signal?.throwIfAborted();
  const { digest, size } = manifest.config;
  const what = `config ${digest}`;
  requireStatedSize({ size }, what, MAX_CONFIG_BYTES);
  const reader = await registry.getBlob(repository, digest, { signal });
  try {
    const stored = requireStatedSize(statedBy(reader), what, Infinity);
    if (stored !== size)
      throw new RegistryError("MANIFEST_INVALID", `${what} has ${stored} bytes, not ${size}`);
    const bytes = await readVerified(reader, { digest, size }, { signal, origin: "stored" });
    const config = parseConfig(bytes);
    if (isImageConfig(config)) return config;
    throw new RegistryError("MANIFEST_INVALID", `${digest} is not an image config`);
  } finally {
    await closeQuietly(reader);
  }
}

/** Returns the platform that a config states. */
export function platformOf(config: ImageConfig): Platform {
  const { os, architecture, variant, "os.version": version, "os.features": features } = config;
  return cloneJson({
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { "os.version": version }),
    ...(features === undefined ? {} : { "os.features": features }),
  });
}

/** Parses JSON. Returns `undefined` if the bytes are not JSON, or exceed the limits of a manifest. */
function parseConfig(bytes: Uint8Array): unknown {
  try {
    scanDocument(bytes);
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // The caller reports the error.
  }
}

/** Whether `value` has the members that {@link ImageConfig} promises, each of the right type. */
export function isImageConfig(value: unknown): value is ImageConfig {
  if (!isRecord(value)) return false;
  const { architecture, os, rootfs, history, config } = value;
  return (
    typeof architecture === "string" &&
    typeof os === "string" &&
    haveType(value, "string", ["variant", "os.version", "created", "author"]) &&
    isStrings(value["os.features"] === undefined ? [] : value["os.features"]) &&
    isRecord(rootfs) &&
    typeof rootfs["type"] === "string" &&
    isStrings(rootfs["diff_ids"]) &&
    isListOf(history ?? [], isHistory) &&
    hasValidDefaults(config ?? {})
  );
}

function isHistory(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const texts = ["created", "created_by", "author", "comment"];
  return haveType(value, "string", texts) && haveType(value, "boolean", ["empty_layer"]);
}

function hasValidDefaults(config: unknown): boolean {
  if (!isRecord(config)) return false;
  const labels = config["Labels"] ?? {};
  return (
    haveType(config, "string", ["User", "WorkingDir"]) &&
    ["Env", "Entrypoint", "Cmd"].every((name) => isStrings(config[name] ?? [])) &&
    isRecord(labels) &&
    isStrings(Object.values(labels))
  );
}

/** Whether each of the members called `names` is absent or of the given type. */
function haveType(
  value: Record<string, unknown>,
  type: "string" | "boolean",
  names: readonly string[],
): boolean {
  return names.every((name) => value[name] === undefined || typeof value[name] === type);
}

function isStrings(value: unknown): boolean {
  return isListOf(value, (it) => typeof it === "string");
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

/** The media types of the configs of images. */
const IMAGE_CONFIGS: readonly string[] = [ociMediaTypes.imageConfig, dockerMediaTypes.imageConfig];

/** Whether a manifest is the manifest of an image, and not that of an artifact. */
export function isImage({ artifactType, config }: ImageManifest): boolean {
  return artifactType === undefined && IMAGE_CONFIGS.includes(config.mediaType);
}
