import type { Descriptor } from "../documents/descriptor.ts";
import type { ListOptions, ReferrersOptions } from "./options.ts";

/**
 * Lists tags, referrers and repositories. A list does nothing until its first `next()`, which also reports errors. It
 * shows one consistent state: later changes do not affect it.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-4 | Contract, clause 4}
 */
export interface RegistryLister {
  /**
   * Lists the tags of a repository, in code-unit order.
   *
   * @throws `RegistryError` `NAME_UNKNOWN` if the repository does not exist.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-20 | Contract, clause 20}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags}
   */
  tags(repo: string, options?: ListOptions): AsyncIterable<string>;

  /**
   * Lists the manifests whose `subject` is `digest`, sorted by digest. Each descriptor has the artifact type and the
   * annotations of its manifest. The list is empty if the repository or the subject does not exist.
   *
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-21 | Contract, clause 21}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers}
   */
  referrers(repo: string, digest: string, options?: ReferrersOptions): AsyncIterable<Descriptor>;

  /**
   * Lists the names of the repositories, in code-unit order.
   *
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-20 | Contract, clause 20}
   */
  repositories(options?: ListOptions): AsyncIterable<string>;
}
