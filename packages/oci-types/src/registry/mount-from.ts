import type { CallOptions } from "../basics/call-options.ts";
import type { Descriptor } from "../documents/descriptor.ts";

/**
 * The key of the method of {@link MountsFrom}. It is a registered symbol, so several installed copies of this package
 * share it.
 */
export const mountFrom: unique symbol = Symbol.for("@ocilayout/mountFrom");

/**
 * A registry that can add blobs of another registry without copying them, such as a layout on the same file system as
 * another. Call the method through {@link mountBlobFrom}, which accepts any registry.
 */
export interface MountsFrom {
  /**
   * Adds a blob of the repository `from` of `source` to the repository `to` of this registry. Its bytes are neither
   * read nor copied, so its digest is not verified. If `to` has a blob of that digest and size already, that blob is
   * renewed, also if `source` does not have it. The blob counts as written now for garbage collection, and it outlives
   * its source.
   *
   * @param source - The other registry, of any kind.
   * @returns The descriptor of the blob, with the media type `application/octet-stream`. `undefined` if this registry
   * cannot take the blob without copying it, or if `source` does not have it in that size. Then no blob and no
   * repository was added.
   * @throws `RegistryError` as any write does: `NAME_INVALID`, `DIGEST_INVALID`, `DENIED` if this registry is
   * read-only, `CLOSED` if one of the two is closed, and codes of the storage.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-10 | Contract, clause 10}
   */
  [mountFrom](
    source: object,
    from: string,
    to: string,
    blob: Pick<Descriptor, "digest" | "size">,
    options?: CallOptions,
  ): Promise<Descriptor | undefined>;
}

/** A repository in a registry. */
export interface RepositoryPlace {
  /** A registry of any kind. */
  readonly registry: object;
  /** The name of the repository. */
  readonly repository: string;
}

/**
 * Adds a blob of `source` to `target` without copying it, if the registry of `target` can do that: see
 * {@link MountsFrom}.
 *
 * @returns The descriptor of the blob. `undefined` if the blob must be copied, also because the registry of `target` is
 * not a {@link MountsFrom}. Then no blob and no repository was added.
 */
export async function mountBlobFrom(
  source: RepositoryPlace,
  target: RepositoryPlace,
  blob: Pick<Descriptor, "digest" | "size">,
  options?: CallOptions,
): Promise<Descriptor | undefined> {
  const registry: Partial<MountsFrom> = target.registry;
  return registry[mountFrom]?.(source.registry, source.repository, target.repository, blob, options);
}
