// A process that works on several repositories: `work.ts DIRECTORY NAME`.
import { createHash } from "node:crypto";

import { collect, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";

import { openPerRepository } from "../../src/index.ts";

const [directory = "", name = ""] = process.argv.slice(2);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const registry = await openPerRepository(directory, { maxOpenLayouts: 2 });
const repositories = ["r0", "r0/nested", "r1", "r2/deep/er"];

for (let i = 0; i < 10; i += 1) {
  const layer = encode(`layer ${name} ${i}`);
  const digest = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
  await registry.pushBlob(`own/${name}`, { digest }, layer);
  for (const repository of repositories) {
    await registry.mountBlob(`own/${name}`, repository, digest);
    await registry.pushBlob(repository, emptyDescriptor, encode("{}"));
    const layers = [{ mediaType: "text/plain", digest, size: layer.length }];
    const manifest = {
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageManifest,
      config: emptyDescriptor,
      layers,
    };
    await registry.pushManifest(repository, encode(JSON.stringify(manifest)), ociMediaTypes.imageManifest, {
      tags: [`${name}-${i}`],
    });
    if (i % 5 === 4) await registry.deleteTag(repository, `${name}-${i}`);
  }
  const listed = await collect(registry.repositories());
  for (const repository of [`own/${name}`, ...repositories])
    if (!listed.includes(repository)) throw new Error(`${repository} is not listed`);
}
await registry.close();
