import type { PushBlobCall, PushedManifest } from "@ocilayout/oci-backend";
import { defineBackend, memoryUploads } from "@ocilayout/oci-backend";
import type { Registry } from "@ocilayout/oci-types";

/**
 * A backend written in ten minutes from the README of oci-backend alone. Its mistakes are intentional:
 *
 * - It creates a repository for every name in a call.
 * - It does not distinguish an empty repository from an unknown one.
 * - It mounts blobs from one repository only.
 */
export function createNaiveRegistry(): Registry {
  const blobs: Map<string, Map<string, Uint8Array>> = new Map();
  const manifests: Map<string, Map<string, PushedManifest>> = new Map();
  const tags: Map<string, Map<string, string>> = new Map();
  const of = <Value>(all: Map<string, Map<string, Value>>, repository: string): Map<string, Value> => {
    let found = all.get(repository);
    if (found === undefined) all.set(repository, (found = new Map<string, Value>()));
    return found;
  };
  const pushBlob = async ({ repository, digest, content }: PushBlobCall): Promise<number> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    of(blobs, repository).set(digest, bytes);
    return bytes.length;
  };
  return defineBackend({
    openBlob: ({ repository, digest }) => of(blobs, repository).get(digest),
    pushBlob,
    ...memoryUploads(pushBlob),
    mountBlob({ from, repository, digest }) {
      const bytes = of(blobs, from ?? repository).get(digest);
      if (bytes !== undefined) of(blobs, repository).set(digest, bytes);
      return bytes?.length;
    },
    deleteBlob: ({ repository, digest }) => of(blobs, repository).delete(digest),
    manifests: ({ repository }) => of(manifests, repository).values(),
    findManifest: ({ repository, digest }) => of(manifests, repository).get(digest)?.descriptor,
    findTag: ({ repository, tag }) =>
      of(manifests, repository).get(of(tags, repository).get(tag) ?? "")?.descriptor,
    openManifest: ({ repository, descriptor }) => of(manifests, repository).get(descriptor.digest)?.content,
    pushManifest({ repository, manifest, tags: names }) {
      of(manifests, repository).set(manifest.descriptor.digest, manifest);
      for (const name of names) of(tags, repository).set(name, manifest.descriptor.digest);
    },
    deleteManifest: ({ repository, digest }) => of(manifests, repository).delete(digest),
    deleteTag: ({ repository, tag }) => of(tags, repository).delete(tag),
    tags: ({ repository }) => of(tags, repository).keys(),
    repositories: () => blobs.keys(),
  });
}
