import type { PreparedLayer } from "@ocilayout/oci-image";
import type { Descriptor, Registry } from "@ocilayout/oci-types";
import { computeDigest, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";

function encode(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}

/** Pushes an image for one architecture, with one layer. Returns the descriptor of its manifest. */
export async function pushImage(
  registry: Registry,
  repository: string,
  architecture: string,
  layer: PreparedLayer,
): Promise<Descriptor> {
  const content = encode({
    os: "linux",
    architecture,
    config: { Cmd: ["node", "/app/main.js"], Env: [`ARCH=${architecture}`] },
    rootfs: { type: "layers", diff_ids: [layer.diffId] },
  });
  const config = { mediaType: ociMediaTypes.imageConfig, ...(await computeDigest(content)) };
  await registry.pushBlob(repository, config, content);
  const manifest = {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageManifest,
    config,
    layers: [layer.descriptor],
  };
  return registry.pushManifest(repository, encode(manifest), ociMediaTypes.imageManifest);
}

/** Pushes a software bill of materials as a referrer of `subject`. Returns the descriptor of its manifest. */
export async function attachSbom(
  registry: Registry,
  repository: string,
  subject: Descriptor,
): Promise<Descriptor> {
  const content = encode({ spdxVersion: "SPDX-2.3", name: repository, packages: [] });
  const layer = { mediaType: "application/spdx+json", ...(await computeDigest(content)) };
  await registry.pushBlob(repository, layer, content);
  await registry.pushBlob(repository, emptyDescriptor, encode({}));
  const { mediaType, digest, size } = subject;
  const manifest = {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageManifest,
    artifactType: layer.mediaType,
    config: emptyDescriptor,
    layers: [layer],
    subject: { mediaType, digest, size },
  };
  return registry.pushManifest(repository, encode(manifest), ociMediaTypes.imageManifest);
}
