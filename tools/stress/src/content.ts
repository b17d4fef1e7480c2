import { createHash } from "node:crypto";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { emptyDescriptor, isRegistryError, ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";

/** The repository that all processes use. */
export const repository = "stress/app";

/** Encodes text as UTF-8. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Returns a layer that is different for each name. */
export function layerOf(name: string): Uint8Array {
  return bytes(`layer of ${name}\n`.repeat(50));
}

/** Returns a manifest that is different for each name, with the layer of that name. */
export function manifestOf(name: string): Uint8Array {
  const layers = [describe(layerOf(name))];
  return bytes(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageManifest,
      artifactType: "application/vnd.stress",
      config: emptyDescriptor,
      layers,
      annotations: { name },
    }),
  );
}

/** Returns the descriptor of `content`. */
export function describe(content: Uint8Array): Descriptor {
  return { mediaType: "application/octet-stream", digest: digestOf(content), size: content.length };
}

/** Returns the sha256 digest of `content`. */
export function digestOf(content: Uint8Array): `sha256:${string}` {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** Pushes the manifest `name` with its layer, and points `tag` at it. */
export async function push(registry: LayoutRegistry, name: string, tag: string): Promise<void> {
  const layer = layerOf(name);
  await registry.pushBlob(repository, describe(layer), layer);
  await registry.pushBlob(repository, emptyDescriptor, bytes("{}"));
  await registry.pushManifest(repository, manifestOf(name), ociMediaTypes.imageManifest, { tags: [tag] });
}

const COUNTER = "counter";
const counterType = "application/vnd.stress.counter";

/** Reads the shared counter. */
export async function readCounter(
  registry: LayoutRegistry,
): Promise<{ value: number; digest: string | undefined }> {
  try {
    const reader = await registry.getTag(repository, COUNTER);
    return { value: Number(await reader.text()), digest: reader.descriptor.digest };
  } catch (error) {
    if (isRegistryError(error, "MANIFEST_UNKNOWN")) return { value: 0, digest: undefined };
    throw error;
  }
}

/** Increments the shared counter by one, and retries as often as other processes change it first. */
export async function raiseCounter(registry: LayoutRegistry): Promise<void> {
  for (;;) {
    const { value, digest } = await readCounter(registry);
    const condition = digest === undefined ? ({ ifNoneMatch: "*" } as const) : { ifMatch: digest };
    try {
      await registry.pushManifest(repository, bytes(String(value + 1)), counterType, {
        tags: [COUNTER],
        ...condition,
      });
      return;
    } catch (error) {
      if (!isRegistryError(error, "PRECONDITION_FAILED")) throw error;
    }
  }
}
