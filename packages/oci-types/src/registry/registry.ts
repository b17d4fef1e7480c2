import type { RegistryCapabilities } from "./capabilities.ts";
import type { RegistryDeleter } from "./deleter.ts";
import type { RegistryLister } from "./lister.ts";
import type { RegistryReader } from "./reader.ts";
import type { RegistryWriter } from "./writer.ts";

/**
 * Reads and writes OCI content: blobs, manifests and tags, in named repositories. A layout directory, an HTTP client or a
 * store in memory can implement it.
 *
 * A call that fails rejects with a `RegistryError`, whose `code` is stable. Besides the codes of each method, every call
 * can fail with these:
 *
 * - `NAME_INVALID`: the repository name or the tag is invalid.
 * - `DIGEST_INVALID`: the digest is invalid, or its algorithm is not supported.
 * - `NAME_UNKNOWN`: the repository does not exist. A call about its content may also report the content as unknown.
 * - `DENIED`: the registry refuses the call, for instance a write because it was opened read-only.
 * - `UNSUPPORTED`: the registry does not have this feature; see {@link Registry.capabilities}.
 * - `CLOSED`: the registry was closed.
 * - `STORAGE_FAILED` and other codes of the storage.
 *
 * An argument of the wrong type is a `TypeError`, a negative number a `RangeError`. If the signal of a call is aborted,
 * the call rejects with the signal's reason, and no part of it becomes visible.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md | The contract}, clause by clause
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#api}
 */
export interface Registry extends RegistryReader, RegistryWriter, RegistryDeleter, RegistryLister {
  /** The features that this registry lacks: absent members count as true. */
  readonly capabilities?: Partial<RegistryCapabilities> | undefined;
}
