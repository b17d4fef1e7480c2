// A process that pushes: `push.ts DIRECTORY NAME COUNT`. It runs from sources, prints nothing, and fails by its exit
// code.
import { emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";

import { openLayout } from "../../src/index.ts";

const [directory = "", name = "", count = ""] = process.argv.slice(2);
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const registry = await openLayout(directory);
await registry.pushBlob("a", emptyDescriptor, encode({}));
for (let i = 0; i < Number(count); i += 1) {
  const manifest = {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageManifest,
    artifactType: "application/vnd.example",
    config: emptyDescriptor,
    layers: [],
    annotations: { name: `${name}-${i}` },
  };
  await registry.pushManifest("a", encode(manifest), ociMediaTypes.imageManifest, { tags: [`${name}-${i}`] });
}
await registry.close();
