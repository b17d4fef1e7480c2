import { createBlobReader, defineRegistry } from "@ocilayout/oci-backend";
import {
  RegistryError,
  type BlobReader,
  type Descriptor,
  type Registry,
  type RegistryErrorCode,
} from "@ocilayout/oci-types";
import { bytes, descriptorOf } from "@ocilayout/testing";

import { encode } from "./images.ts";

/** A registry in memory with one repository. It checks nothing, and counts what is read from it and pushed to it. */
export class Memory {
  /** The digests and tags that were read, in order. */
  readonly asked: string[] = [];
  /** The digests that were pushed, in order. */
  readonly pushed: string[] = [];
  readonly registry: Registry = defineRegistry({
    getManifest: async (_repository, digest) => this.#open(digest, "MANIFEST_UNKNOWN"),
    getTag: async (_repository, tag) => this.#open(this.tags.get(tag) ?? tag, "MANIFEST_UNKNOWN"),
    getBlob: async (_repository, digest) => this.#open(digest, "BLOB_UNKNOWN"),
    pushBlob: async (_repository, { digest }, content) => {
      if (!(content instanceof Uint8Array)) throw new TypeError("bytes were expected");
      this.pushed.push(digest);
      return this.#put(content, "application/octet-stream");
    },
    pushManifest: async (_repository, content, mediaType, { tags = [] } = {}) => {
      const descriptor = this.#put(content, mediaType);
      this.pushed.push(descriptor.digest);
      for (const tag of tags) this.tags.set(tag, descriptor.digest);
      return descriptor;
    },
  });
  readonly tags: Map<string, string> = new Map();
  readonly #stored: Map<string, { descriptor: Descriptor; content: Uint8Array }> = new Map();

  /** Stores a document as JSON. */
  put(document: object, mediaType: string): Descriptor {
    return this.#put(encode(document), mediaType);
  }

  /** Returns a stored document. */
  read(digest: string | undefined): unknown {
    const stored = this.#stored.get(digest ?? "");
    return JSON.parse(new TextDecoder().decode(stored?.content ?? bytes("null")));
  }

  #put(content: Uint8Array, mediaType: string): Descriptor {
    const descriptor = descriptorOf(content, mediaType);
    this.#stored.set(descriptor.digest, { descriptor, content });
    return descriptor;
  }

  async #open(digest: string, missing: RegistryErrorCode): Promise<BlobReader> {
    this.asked.push(digest);
    const stored = this.#stored.get(digest);
    if (stored === undefined) throw new RegistryError(missing);
    return createBlobReader(stored.descriptor, stored.content);
  }
}
