import type { CheckedDigest, Descriptor } from "@ocilayout/oci-types";
import { isDigestAlgorithm, manifestKind, parseDigest, parseManifest } from "@ocilayout/oci-types";

import type { PushedManifest } from "../manifest/pushed-manifest.ts";
import type { ReadableManifest } from "../manifest/relations.ts";
import { childrenOf, readChild } from "../manifest/relations.ts";
import type { Backend } from "./backend.ts";
import { having } from "../checks/having.ts";
import type { RepositoryCall } from "./calls.ts";
import { close, maxManifestBytesOf, openBlob, readAll, sizeOf, sizeOfBlob } from "./stored-content.ts";

/** The content of one repository of a backend, for one call. */
export class StoredRepository {
  readonly #backend: Backend;
  readonly #call: RepositoryCall;

  constructor(backend: Backend, { repository, signal }: RepositoryCall) {
    this.#backend = backend;
    this.#call = { repository, signal };
  }

  /** Returns the manifest that a tag points at. */
  async findTag(tag: string): Promise<Descriptor | undefined> {
    return having(this.#backend, "findTag").findTag({ ...this.#call, tag });
  }

  /** Returns the tags that point at `digest`. */
  async tagsOf(digest: string): Promise<string[]> {
    const found: string[] = [];
    const page = { startAfter: undefined, limit: undefined };
    for await (const tag of (await this.#backend.tags?.({ ...this.#call, ...page })) ?? [])
      if ((await this.findTag(tag))?.digest === digest) found.push(tag);
    return found;
  }

  /** Describes a manifest. Returns `undefined` if it is missing. */
  async findManifest(digest: string): Promise<Descriptor | undefined> {
    const supported = supportedDigest(digest);
    if (supported === undefined) return undefined;
    return having(this.#backend, "findManifest").findManifest({ ...this.#call, digest: supported });
  }

  /** Returns every manifest. */
  async manifests(): Promise<ReadableManifest[]> {
    const found: ReadableManifest[] = [];
    for await (const it of await having(this.#backend, "manifests").manifests(this.#call)) {
      const { descriptor, content } = it;
      const parsed = "parsed" in it ? it.parsed : parseManifest(content, descriptor.mediaType);
      found.push({ descriptor, content, parsed });
    }
    return found;
  }

  /** Returns the size of a blob, or of a manifest that is not stored as a blob. Returns `undefined` if it is missing. */
  async sizeOf(digest: string): Promise<number | undefined> {
    const supported = supportedDigest(digest);
    if (supported === undefined) return undefined;
    const size = await sizeOfBlob(this.#backend, { ...this.#call, digest: supported });
    return size ?? (await this.findManifest(digest))?.size;
  }

  /** Whether a child of an index is a manifest, or a blob with a manifest, of the media type in its descriptor. */
  async isAsDescribed(child: Descriptor): Promise<boolean> {
    const known = await this.findManifest(child.digest);
    if (known !== undefined) return known.mediaType === child.mediaType;
    const read = await this.#readChild(child);
    // Content that is too large for a manifest may have any unknown type.
    if (read === "too large") return manifestKind(child.mediaType) === "opaque";
    return read?.descriptor.mediaType === child.mediaType;
  }

  /** Returns the children of a manifest, at any depth, that are stored only as blobs. The deepest come first. */
  async newChildren(manifest: ReadableManifest): Promise<PushedManifest[]> {
    const found: Map<string, PushedManifest> = new Map();
    const waiting = [...childrenOf(manifest)];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (found.has(next.digest) || (await this.findManifest(next.digest)) !== undefined) continue;
      const child = await this.#readChild(next);
      if (child === undefined || child === "too large") continue;
      found.set(next.digest, child);
      for (const grandchild of childrenOf(child)) waiting.push(grandchild);
    }
    return [...found.values()].reverse();
  }

  async #readChild(child: Descriptor): Promise<PushedManifest | "too large" | undefined> {
    const digest = supportedDigest(child.digest);
    if (digest === undefined) return undefined;
    const content = await openBlob(this.#backend, { ...this.#call, digest });
    if (content === undefined) return undefined;
    if (sizeOf(content) <= maxManifestBytesOf(this.#backend)) return readChild(child, await readAll(content));
    await close(content);
    return "too large";
  }
}

/** Returns `digest` if its algorithm is supported. */
function supportedDigest(digest: string): CheckedDigest | undefined {
  const algorithm = parseDigest(digest)?.algorithm;
  return algorithm !== undefined && isDigestAlgorithm(algorithm) ? (digest as CheckedDigest) : undefined;
}
