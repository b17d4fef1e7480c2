import type { ListedManifest, Place, PreparedLayer } from "@ocilayout/oci-image";
import type { Descriptor } from "@ocilayout/oci-types";
import { computeDigest, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";

const mediaType = ociMediaTypes.imageManifest;

function encode(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}

/** Pushes an image of one layer for each architecture. */
export async function pushImages(
  { registry, repository }: Place,
  layer: PreparedLayer,
  architectures: readonly string[],
): Promise<ListedManifest[]> {
  const images: ListedManifest[] = [];
  for (const architecture of architectures) {
    const content = encode({
      os: "linux",
      architecture,
      config: { Cmd: ["node", "/app/main.js"], Env: [`ARCH=${architecture}`] },
      rootfs: { type: "layers", diff_ids: [layer.diffId] },
    });
    const config = { mediaType: ociMediaTypes.imageConfig, ...(await computeDigest(content)) };
    await registry.pushBlob(repository, config, content);
    const manifest = encode({ schemaVersion: 2, mediaType, config, layers: [layer.descriptor] });
    const { digest } = await registry.pushManifest(repository, manifest, mediaType);
    images.push({ reference: digest });
  }
  return images;
}

/** Pushes a software bill of materials as a referrer of `subject`. */
export async function attachSbom(
  { registry, repository }: Place,
  { mediaType: subjectType, digest, size }: Descriptor,
): Promise<Descriptor> {
  const content = encode({ spdxVersion: "SPDX-2.3", name: repository, packages: [] });
  const sbom = { mediaType: "application/spdx+json", ...(await computeDigest(content)) };
  await registry.pushBlob(repository, sbom, content);
  await registry.pushBlob(repository, emptyDescriptor, encode({}));
  const manifest = {
    schemaVersion: 2,
    mediaType,
    artifactType: sbom.mediaType,
    config: emptyDescriptor,
    layers: [sbom],
    subject: { mediaType: subjectType, digest, size },
  };
  return registry.pushManifest(repository, encode(manifest), mediaType);
}
