import type { CallOptions, DeleteTagOptions, RegistryDeleter } from "@ocilayout/oci-types";
import { requirePrecondition } from "@ocilayout/oci-backend";
import { RegistryError, requireDigest } from "@ocilayout/oci-types";
import { requireRepository, requireTag } from "@ocilayout/ociref";

import { byCodeUnits, unknownBlob, unknownManifest, unknownTag } from "./check.ts";
import { childrenOf, referencesOf } from "./manifest.ts";
import type { MemoryStore } from "./store.ts";
import { requireCurrent } from "./writer.ts";

/** The deleting facet of a registry in memory (clause 16). */
export class MemoryDeleter implements RegistryDeleter {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async deleteTag(repo: string, tag: string, options: DeleteTagOptions = {}): Promise<void> {
    this.#store.begin("write", options);
    requireRepository(repo);
    requirePrecondition(options, [requireTag(tag)]);
    const repository = this.#store.read(repo);
    requireCurrent(repository, tag, options);
    if (!repository.tags.delete(tag)) throw unknownTag(repo, tag);
  }

  async deleteManifest(repo: string, digest: string, options: CallOptions = {}): Promise<void> {
    this.#store.begin("write", options);
    requireRepository(repo);
    const wanted = requireDigest(digest).digest;
    const { manifests, tags } = this.#store.read(repo);
    const containers = [...manifests.values()].filter((it) =>
      childrenOf(it).some((child) => child.digest === wanted),
    );
    const referencedBy = containers.map((it) => it.digest).sort(byCodeUnits);
    if (referencedBy.length > 0) throw denied("an index contains it", referencedBy);
    if (!manifests.delete(wanted)) throw unknownManifest(repo, wanted);
    for (const [tag, target] of [...tags]) if (target === wanted) tags.delete(tag);
  }

  async deleteBlob(repo: string, digest: string, options: CallOptions = {}): Promise<void> {
    this.#store.begin("write", options);
    requireRepository(repo);
    const wanted = requireDigest(digest).digest;
    const { blobs } = this.#store.read(repo);
    if (!blobs.has(wanted)) throw unknownBlob(repo, wanted);
    const manifests = this.#store.sharing(repo).flatMap((it) => [...it.manifests.values()]);
    if (manifests.some((it) => it.digest === wanted)) throw denied("it is a manifest", []);
    const users = manifests.filter((it) => referencesOf(it).includes(wanted)).map((it) => it.digest);
    const referencedBy = [...new Set(users)].sort(byCodeUnits);
    if (referencedBy.length > 0) throw denied("a manifest refers to it", referencedBy);
    blobs.delete(wanted);
  }
}

function denied(reason: string, referencedBy: readonly string[]): RegistryError {
  return new RegistryError("DENIED", `not deleted: ${reason}`, { detail: { referencedBy } });
}
