import {
  emptyDescriptor,
  isRegistryError,
  manifestKind,
  ociMediaTypes,
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  type Platform,
  type Registry,
} from "@ocilayout/oci-types";
import { bytes, descriptorOf } from "@ocilayout/testing";

/** The repository that these functions push to. */
export const repository = "a";

const { imageManifest, imageIndex, imageConfig, layer } = ociMediaTypes;

/** The properties of a test image. */
interface ImageOptions {
  /** The texts of the layers. Defaults to one layer that differs by name. */
  readonly layers?: readonly string[];
  /** The platform in the config, and in the descriptor that is returned. Defaults to linux/amd64. */
  readonly platform?: Platform;
  readonly tags?: readonly string[];
  /** More members of the manifest. */
  readonly more?: Partial<ImageManifest>;
}

/** Pushes an image that differs from others by name, with its config and layers. Returns its descriptor in an index. */
export async function pushImage(
  registry: Registry,
  name: string,
  options: ImageOptions = {},
): Promise<Descriptor> {
  const { platform = { os: "linux", architecture: "amd64" }, tags = [], more = {} } = options;
  const layers = (options.layers ?? [`layer of ${name}`]).map(bytes);
  const config = bytes(
    JSON.stringify({ ...platform, author: name, rootfs: { type: "layers", diff_ids: [] } }),
  );
  for (const blob of [...layers, config]) await registry.pushBlob(repository, descriptorOf(blob), blob);
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: imageManifest,
    config: descriptorOf(config, imageConfig),
    layers: layers.map((blob) => descriptorOf(blob, layer)),
    ...more,
  };
  return { ...(await pushDocument(registry, manifest, tags)), platform };
}

/** Pushes an index. */
export async function pushIndex(
  registry: Registry,
  manifests: readonly Descriptor[],
  { tags = [], more = {} }: { readonly tags?: readonly string[]; readonly more?: object } = {},
): Promise<Descriptor> {
  return pushDocument(registry, { schemaVersion: 2, mediaType: imageIndex, manifests, ...more }, tags);
}

/** Returns the members that every descriptor has. */
export function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/** Reads the document of a manifest. */
export async function manifestAt(registry: Registry, digest: string): Promise<ImageManifest> {
  return (await (await registry.getManifest(repository, digest)).json()) as ImageManifest;
}

/** Pushes an artifact without layers that refers to `subject`, and differs from others by name. */
export async function pushReferrer(
  registry: Registry,
  subject: Descriptor,
  name: string,
): Promise<Descriptor> {
  await registry.pushBlob(repository, emptyDescriptor, bytes("{}"));
  return pushDocument(registry, {
    schemaVersion: 2,
    mediaType: imageManifest,
    artifactType: "application/vnd.example",
    config: emptyDescriptor,
    layers: [],
    subject: bare(subject),
    annotations: { name },
  });
}

/** Pushes a manifest as JSON, as content of its own media type. */
export async function pushDocument(
  registry: Registry,
  document: object,
  tags: readonly string[] = [],
): Promise<Descriptor> {
  const { mediaType = imageManifest } = document as { readonly mediaType?: string };
  return registry.pushManifest(repository, bytes(JSON.stringify(document)), mediaType, { tags });
}

/** Reads a manifest, and everything below it. Returns the content by digest. Rejects if something is missing. */
export async function everythingOf(
  registry: Registry,
  repo: string,
  reference: string,
): Promise<Record<string, string>> {
  const { manifests, blobs } = await partsOf(registry, repo, reference);
  return { ...blobs, ...manifests };
}

/** The content of a manifest and of everything below it, by digest. */
interface Parts {
  readonly manifests: Readonly<Record<string, string>>;
  readonly blobs: Readonly<Record<string, string>>;
}

/** Reads a manifest, and everything below it. Rejects if something is missing. */
export async function partsOf(registry: Registry, repo: string, reference: string): Promise<Parts> {
  const manifests: Record<string, string> = {};
  const blobs: Record<string, string> = {};
  const waiting: Pick<Descriptor, "digest" | "mediaType">[] = [
    reference.includes(":")
      ? await registry.resolveManifest(repo, reference)
      : await registry.resolveTag(repo, reference),
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { digest, mediaType } = next;
    if (manifests[digest] !== undefined) continue;
    const kind = manifestKind(mediaType);
    const reader =
      kind === "opaque" ? await openAny(registry, repo, digest) : await registry.getManifest(repo, digest);
    const text = Buffer.from(await reader.bytes()).toString("latin1");
    manifests[digest] = text;
    if (kind === "opaque") continue;
    const {
      config,
      layers = [],
      manifests: children = [],
    } = JSON.parse(text) as Partial<ImageManifest & ImageIndex>;
    for (const blob of config === undefined ? layers : [config, ...layers])
      blobs[blob.digest] ??= await readBlob(registry, repo, blob);
    for (const child of children) waiting.push(child);
  }
  return { manifests, blobs };
}

async function openAny(registry: Registry, repo: string, digest: string): ReturnType<Registry["getBlob"]> {
  try {
    return await registry.getManifest(repo, digest);
  } catch (error) {
    if (!isRegistryError(error, "MANIFEST_UNKNOWN")) throw error;
    return registry.getBlob(repo, digest);
  }
}

/** Reads a blob. One that only its `urls` have is empty. */
async function readBlob(
  registry: Registry,
  repo: string,
  { digest, urls = [] }: Descriptor,
): Promise<string> {
  try {
    return Buffer.from(await (await registry.getBlob(repo, digest)).bytes()).toString("latin1");
  } catch (error) {
    if (urls.length > 0 && isRegistryError(error, "BLOB_UNKNOWN")) return "";
    throw error;
  }
}
