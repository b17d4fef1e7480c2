import { createBlobReader, defineRegistry } from "@ocilayout/oci-backend";
import { RegistryError, type BlobReader, type Descriptor, type RegistryReader } from "@ocilayout/oci-types";
import { descriptorOf as describe } from "@ocilayout/testing";

/** A registry in memory that checks nothing, and does not verify what it returns. */
export class FakeRegistry {
  /** The digests that were requested, in order. */
  readonly asked: string[] = [];
  readonly registry: RegistryReader = defineRegistry({
    getManifest: async (_repository, digest) => this.#open(digest, "MANIFEST_UNKNOWN"),
    getBlob: async (_repository, digest) => this.#open(digest, "BLOB_UNKNOWN"),
  });
  readonly #stored: Map<string, { descriptor: Descriptor; content: Uint8Array }> = new Map();

  /** Stores `document` as JSON, under its own digest or under another one. */
  put(document: unknown, mediaType: string, digest?: Descriptor["digest"]): Descriptor {
    const content = new TextEncoder().encode(JSON.stringify(document));
    const descriptor = { ...describe(content, mediaType), ...(digest === undefined ? {} : { digest }) };
    this.#stored.set(descriptor.digest, { descriptor, content });
    return descriptor;
  }

  async #open(digest: string, missing: "MANIFEST_UNKNOWN" | "BLOB_UNKNOWN"): Promise<BlobReader> {
    this.asked.push(digest);
    if (!digest.startsWith("sha")) throw new RegistryError("DIGEST_INVALID");
    const stored = this.#stored.get(digest);
    if (stored === undefined) throw new RegistryError(missing);
    return createBlobReader(stored.descriptor, stored.content, { verify: false });
  }
}
