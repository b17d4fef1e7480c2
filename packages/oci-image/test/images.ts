import { ociMediaTypes, type Descriptor, type Platform, type RegistryWriter } from "@ocilayout/oci-types";
import { artifact, bytes, descriptorOf, imageIndex } from "@ocilayout/testing";

const { imageManifest, imageIndex: indexType, imageConfig } = ociMediaTypes;

/** Pushes an index of `children` to the repository `a`. */
export async function pushIndex(
  registry: RegistryWriter,
  ...children: readonly Descriptor[]
): Promise<Descriptor> {
  return registry.pushManifest("a", imageIndex(...children), indexType);
}

/** Pushes an image with one layer, for `platform`, to the repository `a`. */
export async function pushImage(
  registry: RegistryWriter,
  platform: Platform,
  more: object = {},
): Promise<Descriptor> {
  const layer = bytes(`layer of ${platform.os}/${platform.architecture}`);
  const config = bytes(
    JSON.stringify({
      ...platform,
      rootfs: { type: "layers", diff_ids: [descriptorOf(layer).digest] },
      ...more,
    }),
  );
  await registry.pushBlob("a", descriptorOf(layer), layer);
  await registry.pushBlob("a", descriptorOf(config), config);
  const manifest = artifact("image", {
    artifactType: undefined,
    config: descriptorOf(config, imageConfig),
    layers: [descriptorOf(layer)],
  });
  return registry.pushManifest("a", manifest, imageManifest);
}
