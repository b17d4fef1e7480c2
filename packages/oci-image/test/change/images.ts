import { openLayout, type LayoutOptions, type LayoutRegistry } from "@ocilayout/layout-core";
import {
  ociMediaTypes,
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  type Registry,
} from "@ocilayout/oci-types";
import { bytes, descriptorOf, digestOf, freshLayout } from "@ocilayout/testing";
import { onTestFinished } from "vitest";

import type { ImageConfig } from "../../src/reading/image-config.ts";
import type { Place } from "../../src/place/place.ts";
import type { PreparedLayer } from "../../src/change/prepared-layer.ts";

/** The repository of these tests. */
export const repository = "team/app";

/** Opens a layout that checks all references. It is closed when the test ends. */
export async function openFresh(options: LayoutOptions = {}): Promise<LayoutRegistry> {
  const registry = await openLayout(freshLayout(), { durability: "none", ...options });
  onTestFinished(() => registry.close());
  return registry;
}

/** Names a manifest in the repository of these tests. */
export function placeOf(registry: Registry, reference: string): Place {
  return { registry, repository, reference };
}

/** Makes a layer whose content is `text`. */
export function layerOf(text: string, more: Partial<PreparedLayer> = {}): PreparedLayer {
  return {
    descriptor: descriptorOf(bytes(`packed ${text}`), ociMediaTypes.layerGzip),
    diffId: digestOf(bytes(text)),
    content: bytes(`packed ${text}`),
    ...more,
  };
}

/** Makes the documents of an image with one layer. */
export function imageOf(
  text = "base",
  { config = {}, manifest = {} }: { config?: object; manifest?: object } = {},
): { manifest: ImageManifest; config: ImageConfig } {
  const layer = layerOf(text);
  const document: ImageConfig = {
    created: "2024-01-01T00:00:00Z",
    architecture: "amd64",
    os: "linux",
    config: { Env: ["PATH=/bin", "HOME=/"], Cmd: ["sh"], Labels: { a: "1", b: "2" } },
    rootfs: { type: "layers", diff_ids: [layer.diffId] },
    history: [{ created_by: "COPY" }, { created_by: "CMD", empty_layer: true }],
    ...config,
  };
  return {
    config: document,
    manifest: {
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageManifest,
      config: descriptorOf(encode(document), ociMediaTypes.imageConfig),
      layers: [layer.descriptor],
      ...manifest,
    },
  };
}

/** Pushes an image that {@link imageOf} makes, and everything that it needs. */
export async function pushImage(
  registry: Registry,
  text = "base",
  { tags = [], ...more }: { config?: object; manifest?: object; tags?: readonly string[] } = {},
): Promise<Descriptor> {
  const { manifest, config } = imageOf(text, more);
  const { descriptor, content = bytes("") } = layerOf(text);
  await registry.pushBlob(repository, descriptor, content);
  await registry.pushBlob(repository, descriptorOf(encode(config)), encode(config));
  const { mediaType = ociMediaTypes.imageManifest } = manifest;
  return registry.pushManifest(repository, encode(manifest), mediaType, { tags });
}

/** Pushes an index. */
export async function pushIndex(
  registry: Registry,
  manifests: readonly Descriptor[],
  { tags = [], ...more }: { tags?: readonly string[]; [name: string]: unknown } = {},
): Promise<Descriptor> {
  const { imageIndex } = ociMediaTypes;
  const document = { schemaVersion: 2, mediaType: imageIndex, manifests, ...more };
  return registry.pushManifest(repository, encode(document), imageIndex, { tags });
}

/** Reads the document of a manifest. */
export async function manifestAt(registry: Registry, digest: string): Promise<ImageManifest & ImageIndex> {
  return (await (await registry.getManifest(repository, digest)).json()) as ImageManifest & ImageIndex;
}

/** Reads the config of an image. */
export async function configAt(registry: Registry, digest: string): Promise<ImageConfig> {
  const { config } = await manifestAt(registry, digest);
  return (await (await registry.getBlob(repository, config.digest)).json()) as ImageConfig;
}

/** Writes a document as JSON. */
export function encode(document: object): Uint8Array<ArrayBuffer> {
  return bytes(JSON.stringify(document));
}
