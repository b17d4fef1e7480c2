import type { Descriptor, ImageManifest, Registry } from "@ocilayout/oci-types";
import { annotationKeys, parseManifest } from "@ocilayout/oci-types";

/** A tag, what it points at, and everything that belongs to it. */
export interface ReadTag {
  readonly repository: string;
  readonly tag: string;
  readonly manifest: Descriptor;
  readonly artifactType: string;
  readonly parts: readonly ReadPart[];
}

/** A config or layer that was read to its end, and so verified. */
export interface ReadPart {
  readonly name: string;
  readonly descriptor: Descriptor;
}

/** Reads every tag of every repository, with all it refers to; what is not as it should be rejects. */
export async function* readBack(registry: Registry): AsyncGenerator<ReadTag, void, undefined> {
  for await (const repository of registry.repositories()) {
    for await (const tag of registry.tags(repository)) {
      const reader = await registry.getTag(repository, tag);
      const manifest = reader.descriptor;
      const parsed = parseManifest(await reader.bytes(), manifest.mediaType);
      if (parsed.kind !== "manifest") continue;
      const parts = await readParts(registry, repository, parsed.manifest);
      yield { repository, tag, manifest, artifactType: parsed.manifest.artifactType ?? "", parts };
    }
  }
}

async function readParts(registry: Registry, repository: string, manifest: ImageManifest): Promise<ReadPart[]> {
  const parts = [{ name: "config", descriptor: manifest.config }];
  for (const layer of manifest.layers) {
    parts.push({ name: layer.annotations?.[annotationKeys.title] ?? "layer", descriptor: layer });
  }
  for (const { descriptor } of parts) {
    let size = 0;
    for await (const chunk of await registry.getBlob(repository, descriptor.digest)) size += chunk.length;
    if (size !== descriptor.size) throw new Error(`${descriptor.digest} has ${size} bytes, not ${descriptor.size}`);
  }
  return parts;
}
