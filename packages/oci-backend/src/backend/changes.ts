import type { Descriptor } from "@ocilayout/oci-types";

import { checkReferences } from "../checks/check-references.ts";
import { stillReferenced, wrongMediaType } from "../checks/errors.ts";
import { having } from "../checks/having.ts";
import { requireCurrent } from "../checks/require-current.ts";
import type { Turns } from "../event-loop/turns.ts";
import { takeTurns } from "../event-loop/turns.ts";
import type { ReadableManifest } from "../manifest/relations.ts";
import { childrenOf, describeReferrer, referencesOf, subjectOf } from "../manifest/relations.ts";
import type { AnyIterable, Backend } from "./backend.ts";
import type { DeleteTagCall, DigestCall, PushManifestCall, ReferrersCall, RepositoryCall } from "./calls.ts";
import { StoredRepository } from "./stored-repository.ts";

/** The calls whose checks depend on other content. */
export type Changes = Pick<
  Backend,
  "pushManifest" | "deleteBlob" | "deleteManifest" | "deleteTag" | "referrers"
>;

/**
 * Checks the changes of a backend with `Backend.manifests` against its stored content, one change at a time. A backend
 * without `manifests` checks them itself.
 */
export function checkChanges(backend: Backend): Changes {
  return backend.manifests === undefined ? backend : new CheckedChanges(backend);
}

class CheckedChanges implements Required<Changes> {
  readonly #backend: Backend;
  readonly #inTurn: Turns = takeTurns();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async pushManifest(call: PushManifestCall): Promise<void> {
    const { manifest, tags, precondition } = call;
    const backend = having(this.#backend, "pushManifest");
    return this.#change(call, async (repository) => {
      for (const tag of tags) requireCurrent(tag, (await repository.findTag(tag))?.digest, precondition);
      const { mediaType, digest } = manifest.descriptor;
      const known = await repository.findManifest(digest);
      if (known !== undefined && known.mediaType !== mediaType)
        throw wrongMediaType(known.mediaType, mediaType);
      const isSparse = this.#backend.capabilities?.checksReferences === false;
      if (known === undefined) await checkReferences(manifest.parsed, repository, isSparse);
      const children = await repository.newChildren(manifest);
      call.signal?.throwIfAborted();
      for (const child of children)
        await backend.pushManifest({ ...call, manifest: child, tags: [], precondition: {} });
      await backend.pushManifest(call);
    });
  }

  async deleteBlob(call: DigestCall): Promise<boolean | undefined> {
    const backend = having(this.#backend, "deleteBlob");
    return this.#change(call, async (repository) => {
      const manifests = await this.#manifestsSharing(call);
      if (manifests.some(({ descriptor }) => descriptor.digest === call.digest))
        throw stillReferenced(`cannot delete blob ${call.digest}: it is a manifest`, { referencedBy: [] });
      if ((await repository.sizeOf(call.digest)) === undefined) return false;
      refuse(`cannot delete blob ${call.digest}: a manifest refers to it`, manifests, (it) =>
        referencesOf(it).includes(call.digest),
      );
      return backend.deleteBlob(call);
    });
  }

  async deleteManifest(call: DigestCall): Promise<boolean | undefined> {
    const backend = having(this.#backend, "deleteManifest");
    return this.#change(call, async (repository) => {
      if ((await repository.findManifest(call.digest)) === undefined) return false;
      refuse(
        `cannot delete manifest ${call.digest}: an index contains it`,
        await repository.manifests(),
        (it) => childrenOf(it).some(({ digest }) => digest === call.digest),
      );
      if (this.#backend.deleteTag !== undefined)
        for (const tag of await repository.tagsOf(call.digest))
          await this.#backend.deleteTag({ ...call, tag, precondition: {} });
      return backend.deleteManifest(call);
    });
  }

  async deleteTag(call: DeleteTagCall): Promise<boolean | undefined> {
    const backend = having(this.#backend, "deleteTag");
    return this.#change(call, async (repository) => {
      const current = await repository.findTag(call.tag);
      requireCurrent(call.tag, current?.digest, call.precondition);
      return current !== undefined && backend.deleteTag(call);
    });
  }

  async referrers(call: ReferrersCall): Promise<AnyIterable<Descriptor>> {
    if (this.#backend.referrers !== undefined) return this.#backend.referrers(call);
    const manifests = await new StoredRepository(this.#backend, call).manifests();
    return manifests.filter((it) => subjectOf(it) === call.digest).map(describeReferrer);
  }

  /** Runs `change` after the changes before it. */
  #change<Result>(
    call: RepositoryCall,
    change: (repository: StoredRepository) => Promise<Result>,
  ): Promise<Result> {
    return this.#inTurn(async () => {
      call.signal?.throwIfAborted();
      return change(new StoredRepository(this.#backend, call));
    });
  }

  /** Returns the manifests of every repository with the same blobs. */
  async #manifestsSharing(call: RepositoryCall): Promise<ReadableManifest[]> {
    if (this.#backend.capabilities?.repositoryScopedBlobs !== false)
      return new StoredRepository(this.#backend, call).manifests();
    const found: ReadableManifest[] = [];
    const { signal } = call;
    const page = { startAfter: undefined, limit: undefined, signal };
    for await (const repository of await having(this.#backend, "repositories").repositories(page))
      for (const it of await new StoredRepository(this.#backend, { repository, signal }).manifests())
        found.push(it);
    return found;
  }
}

/** Rejects a deletion if any of `manifests` refers to the content. */
function refuse(
  message: string,
  manifests: readonly ReadableManifest[],
  refers: (manifest: ReadableManifest) => boolean,
): void {
  const referencedBy = [...new Set(manifests.filter(refers).map((it) => it.descriptor.digest))].sort();
  if (referencedBy.length > 0) throw stillReferenced(message, { referencedBy });
}
