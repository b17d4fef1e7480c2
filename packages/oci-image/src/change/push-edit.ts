import type { BlobSource, CallOptions } from "@ocilayout/oci-types";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { readBlobSource } from "@ocilayout/oci-types/authors";

import type { CheckedPlace } from "../place/place.ts";
import type { ManifestContent } from "../reading/read-manifest.ts";
import type { NewContent } from "./image-edit.ts";
import type { PreparedLayer } from "./prepared-layer.ts";

/** The contents of layers. Each is pushed once, also if several images get the layer. */
export class LayerContents {
  readonly #layers: readonly PreparedLayer[];
  readonly #unread: Set<BlobSource> = new Set();

  constructor(layers: readonly PreparedLayer[]) {
    this.#layers = layers;
    for (const { content } of layers) if (content !== undefined) this.#unread.add(content);
  }

  /** Pushes the layers that have content. */
  async push({ registry, repository }: CheckedPlace, { signal }: CallOptions): Promise<void> {
    const pushed: Set<string> = new Set();
    for (const { descriptor, content } of this.#layers) {
      if (content === undefined || pushed.has(descriptor.digest)) continue;
      signal?.throwIfAborted();
      this.#unread.delete(content);
      await registry.pushBlob(repository, descriptor, content, { signal });
      pushed.add(descriptor.digest);
    }
  }

  /** Cancels or returns the contents that were not pushed. */
  async release(): Promise<void> {
    const unread = [...this.#unread];
    this.#unread.clear();
    for (const content of unread) await readBlobSource(content).return();
  }
}

/** Pushes a new config or manifest. */
export async function pushContent(
  { registry, repository }: CheckedPlace,
  { kind, descriptor, bytes }: NewContent,
  { signal }: CallOptions,
): Promise<void> {
  const { digest, size, mediaType } = descriptor;
  signal?.throwIfAborted();
  if (kind === "config") await registry.pushBlob(repository, { digest, size }, bytes, { signal });
  else await registry.pushManifest(repository, bytes, mediaType, { digest, signal });
}

/** Options of {@link publish}. */
export interface PublishOptions extends CallOptions {
  /** The tags to set. Defaults to the tag of the place, if it did not move. */
  readonly tags: readonly string[] | undefined;
}

/** Pushes the root of an edit with its tags. Does nothing if the root did not change and no tag is to be set. */
export async function publish(
  place: CheckedPlace,
  before: ManifestContent,
  { descriptor: { digest, mediaType }, bytes }: NewContent,
  { tags, signal }: PublishOptions,
): Promise<void> {
  const { registry, repository, tag } = place;
  if (digest === before.descriptor.digest && (tags ?? []).length === 0) return;
  signal?.throwIfAborted();
  if (tags !== undefined || tag === undefined) {
    await registry.pushManifest(repository, bytes, mediaType, { digest, tags: tags ?? [], signal });
    return;
  }
  const isConditional = registry.capabilities?.conditionalTags !== false;
  if (!isConditional) await requireUnmoved({ ...place, tag }, before, { signal });
  const condition = isConditional ? { ifMatch: before.descriptor.digest } : {};
  await registry.pushManifest(repository, bytes, mediaType, { digest, tags: [tag], ...condition, signal });
}

/**
 * Requires that a tag points at a manifest.
 *
 * @throws `RegistryError` `PRECONDITION_FAILED` if it moved, or no longer exists.
 */
async function requireUnmoved(
  { registry, repository, tag }: CheckedPlace & { readonly tag: string },
  { descriptor }: ManifestContent,
  options: CallOptions,
): Promise<void> {
  const digest = await registry.resolveTag(repository, tag, options).then(
    (found) => found.digest,
    (error: unknown) => {
      if (isRegistryError(error, "MANIFEST_UNKNOWN", "NAME_UNKNOWN")) return null;
      throw error;
    },
  );
  if (digest === descriptor.digest) return;
  throw new RegistryError(
    "PRECONDITION_FAILED",
    `tag ${tag} points at ${digest ?? "nothing"}, not at ${descriptor.digest}: it moved since it was read`,
    { detail: { tag, digest } },
  );
}
