import type { PushedManifest, PushManifestCall, Turns } from "@ocilayout/oci-backend";
import { describeReferrer, subjectOf, takeTurns } from "@ocilayout/oci-backend";
import type { CheckedDigest, Descriptor } from "@ocilayout/oci-types";
import {
  computeDigest,
  isRegistryError,
  ociMediaTypes,
  parseManifest,
  RegistryError,
} from "@ocilayout/oci-types";
import { requireDigest } from "@ocilayout/oci-types/authors";

import { putManifest } from "../manifests/push-manifest.ts";
import { findManifest, loadTag } from "../manifests/read-manifest.ts";
import { referrersFromApi, referrersTag } from "./referrers.ts";
import type { Remote } from "../remote/remote.ts";

/** The number of times that an index of referrers is written while others change it. */
const MAX_WRITES = 50;

/** Adds pushed manifests to the referrers tag of their subject, if the registry has no API for referrers. */
export class Attachments {
  readonly #remote: Remote;
  /** Whether the registry has the API, once a response proved it. */
  #hasApi = false;
  /** The changes of each tag that this process makes, one at a time. */
  readonly #turns: Map<string, { readonly run: Turns; users: number }> = new Map();

  constructor(remote: Remote) {
    this.#remote = remote;
  }

  /** Adds a manifest that was pushed to the index of its subject's referrers. */
  async add({ repository, manifest, signal }: PushManifestCall): Promise<void> {
    const subject = subjectOf(manifest);
    if (subject === undefined) return;
    const { digest } = requireDigest(subject);
    // `OCI-Subject` in the response to the push does not prove that the API exists.
    if (this.#hasApi || (await this.#asksApi(repository, digest, signal))) return;
    const tag = referrersTag(digest);
    await this.#inTurn(`${repository}:${tag}`, () =>
      this.#write({ repository, tag, signal }, describeReferrer(manifest)),
    );
    if (this.#remote.capabilities.conditionalTags === false)
      this.#remote.warn(
        `the registry has neither a referrers API nor conditional pushes: other clients that attach to ${digest} at the same time can remove this referrer from the tag ${tag}`,
      );
  }

  async #asksApi(
    repository: string,
    digest: CheckedDigest,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    this.#hasApi = (await referrersFromApi(this.#remote, { repository, digest, signal })) !== undefined;
    return this.#hasApi;
  }

  async #inTurn(key: string, run: () => Promise<void>): Promise<void> {
    const turns = this.#turns.get(key) ?? { run: takeTurns(), users: 0 };
    this.#turns.set(key, turns);
    turns.users += 1;
    try {
      await turns.run(run);
    } finally {
      turns.users -= 1;
      if (turns.users === 0) this.#turns.delete(key);
    }
  }

  /**
   * Adds a referrer to the index at a tag. A registry that honours `If-Match` rejects the write if another client was faster.
   * Of any other registry the index is read again.
   */
  async #write(place: TagPlace, referrer: Descriptor): Promise<void> {
    let prune = false;
    for (let writes = 1; ; writes += 1) {
      const current = await this.#read(place);
      if (current.manifests.some(({ digest }) => digest === referrer.digest)) return;
      const kept = prune ? await this.#stored(place, current.manifests) : current.manifests;
      const manifest = await indexOf({ ...current.document, manifests: [...kept, referrer] });
      if (manifest.content.length > this.#remote.maxManifestBytes)
        throw new RegistryError(
          "SIZE_INVALID",
          "cannot add the referrer: the index of referrers is too large",
          {
            detail: { limit: this.#remote.maxManifestBytes },
          },
        );
      try {
        const { repository, tag, signal } = place;
        await putManifest(this.#remote, {
          repository,
          reference: tag,
          manifest,
          precondition: current.digest === undefined ? { ifNoneMatch: "*" } : { ifMatch: current.digest },
          signal,
        });
        if (this.#remote.capabilities.conditionalTags !== false) return;
      } catch (error) {
        if (isRegistryError(error, "MANIFEST_BLOB_UNKNOWN") && !prune) prune = true;
        else if (!isRegistryError(error, "PRECONDITION_FAILED") || writes >= MAX_WRITES) throw error;
      }
      if (writes >= MAX_WRITES)
        throw new RegistryError(
          "REMOTE_FAILED",
          "cannot add the referrer: other clients change the index all the time",
        );
    }
  }

  async #read({ repository, tag, signal }: TagPlace): Promise<CurrentIndex> {
    const stored = await loadTag(this.#remote, { repository, tag, signal });
    if (stored === undefined)
      return {
        document: { schemaVersion: 2, mediaType: ociMediaTypes.imageIndex },
        manifests: [],
        digest: undefined,
      };
    const parsed = parseManifest(stored.content, stored.descriptor.mediaType);
    if (parsed.kind !== "index")
      throw new RegistryError("MANIFEST_INVALID", `cannot add a referrer: the tag ${tag} is not an index`);
    const { index } = parsed;
    return { document: { ...index }, manifests: index.manifests, digest: stored.descriptor.digest };
  }

  /** Returns the children that the registry has. It rejects an index with others. */
  async #stored({ repository, signal }: TagPlace, children: readonly Descriptor[]): Promise<Descriptor[]> {
    const kept: Descriptor[] = [];
    for (const child of children) {
      const { digest } = requireDigest(child.digest);
      if ((await findManifest(this.#remote, { repository, digest, signal })) !== undefined) kept.push(child);
    }
    return kept;
  }
}

/** A tag of a repository. */
interface TagPlace {
  readonly repository: string;
  readonly tag: string;
  readonly signal: AbortSignal | undefined;
}

/** The index at a referrers tag. */
interface CurrentIndex {
  readonly document: Readonly<Record<string, unknown>>;
  readonly manifests: readonly Descriptor[];
  /** Its digest; `undefined` if the tag does not exist. */
  readonly digest: string | undefined;
}

async function indexOf(document: Readonly<Record<string, unknown>>): Promise<PushedManifest> {
  const content = new TextEncoder().encode(JSON.stringify(document));
  const { digest, size } = await computeDigest(content);
  const { imageIndex } = ociMediaTypes;
  const parsed = parseManifest(content, imageIndex);
  return {
    content,
    parsed,
    descriptor: { mediaType: imageIndex, digest: requireDigest(digest).digest, size },
  };
}
