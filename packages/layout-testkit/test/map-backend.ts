import type { PushBlobCall, PushedManifest } from "@ocilayout/oci-backend";
import { defineBackend, memoryUploads } from "@ocilayout/oci-backend";
import type { Descriptor, Registry } from "@ocilayout/oci-types";

/** The content of one repository. */
interface Repository {
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, PushedManifest>;
  readonly tags: Map<string, Descriptor>;
}

/** Makes a registry over a `Map`, as a first backend would be written. The README of oci-backend contains it. */
export function createMapRegistry(): Registry {
  const repositories: Map<string, Repository> = new Map();
  const find = (name: string): Repository | undefined => repositories.get(name);
  const open = (name: string): Repository => {
    const repository = find(name) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() };
    repositories.set(name, repository);
    return repository;
  };
  const pushBlob = async ({ repository, digest, content }: PushBlobCall): Promise<number> => {
    const bytes = await content.bytes();
    open(repository).blobs.set(digest, bytes);
    return bytes.length;
  };
  return defineBackend({
    capabilities: { persistent: false },

    openBlob: ({ repository, digest }) => find(repository)?.blobs.get(digest),
    pushBlob,
    ...memoryUploads(pushBlob),
    mountBlob({ from, repository, digest }) {
      const sources = from === undefined ? [...repositories.keys()] : [from];
      const bytes = sources.map((name) => find(name)?.blobs.get(digest)).find((it) => it !== undefined);
      if (bytes !== undefined) open(repository).blobs.set(digest, bytes);
      return bytes?.length;
    },
    deleteBlob: ({ repository, digest }) => find(repository)?.blobs.delete(digest) === true,

    manifests: ({ repository }) => find(repository)?.manifests.values() ?? [],
    findManifest: ({ repository, digest }) => find(repository)?.manifests.get(digest)?.descriptor,
    findTag: ({ repository, tag }) => find(repository)?.tags.get(tag),
    openManifest: ({ repository, descriptor }) => find(repository)?.manifests.get(descriptor.digest)?.content,
    pushManifest({ repository, manifest, tags }) {
      const to = open(repository);
      to.manifests.set(manifest.descriptor.digest, manifest);
      for (const tag of tags) to.tags.set(tag, manifest.descriptor);
    },
    deleteManifest: ({ repository, digest }) => find(repository)?.manifests.delete(digest) === true,
    deleteTag: ({ repository, tag }) => find(repository)?.tags.delete(tag) === true,

    tags: ({ repository }) => find(repository)?.tags.keys(),
    repositories: () => repositories.keys(),
  });
}
