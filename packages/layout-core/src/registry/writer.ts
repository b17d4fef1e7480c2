import type {
  BlobDescriptor,
  BlobSource,
  CallOptions,
  Descriptor,
  PushManifestOptions,
} from "@ocilayout/oci-types";
import {
  octetStream,
  readBlobSource,
  requireCount,
  requireDigest,
  requireObject,
} from "@ocilayout/oci-types";
import { requireRepository } from "@ocilayout/ociref";

import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import { pushManifest } from "./push-manifest.ts";

/** The part of the writing facet that writes at once; upload sessions are `LayoutUploads`. */
export class LayoutWriter {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async pushBlob(
    repo: string,
    descriptor: BlobDescriptor,
    content: BlobSource,
    options: CallOptions = {},
  ): Promise<Descriptor> {
    const { index, staging } = this.#layout;
    const chunks = readBlobSource(content, options);
    try {
      const signal = this.#layout.beginWrite(options);
      requireRepository(repo);
      requireObject(descriptor, "a descriptor");
      const { digest } = requireDigest(descriptor.digest);
      const size = descriptor.size === undefined ? undefined : requireCount(descriptor.size, "size");
      // Nothing is written into a layout that is damaged; one that is not there is made once the content is right.
      await index.read();
      const staged = await staging.stage({ digest, size }, chunks, signal);
      await staging.orDrop(staged, () => this.#layout.place(staged, signal));
      return { mediaType: octetStream, digest, size: staged.size };
    } catch (error) {
      throw storageError(error, "storing a blob");
    } finally {
      await chunks.return();
    }
  }

  /** Blobs are shared by all repositories: what one has, the other has. */
  async mountBlob(
    fromRepo: string | undefined,
    toRepo: string,
    digest: string,
    options: CallOptions = {},
  ): Promise<Descriptor> {
    const signal = this.#layout.beginWrite(options);
    const { index, blobs, staging } = this.#layout;
    if (fromRepo !== undefined) requireRepository(fromRepo);
    requireRepository(toRepo);
    const wanted = requireDigest(digest);
    try {
      await index.read();
      const mount = async (): Promise<Descriptor> => {
        const size = await blobs.size(wanted.digest);
        if (size === undefined) throw blobs.unknown(wanted.digest);
        // As good as pushed just now, so that no collection takes it for old.
        if (!(await staging.renew({ digest: wanted.digest, size }))) throw blobs.unknown(wanted.digest);
        return { mediaType: octetStream, digest: wanted.digest, size };
      };
      if ((await blobs.size(wanted.digest)) === undefined) return await mount();
      return await index.locked(mount, { signal });
    } catch (error) {
      throw storageError(error, "mounting a blob");
    }
  }

  async pushManifest(
    repo: string,
    content: Uint8Array,
    mediaType: string,
    options: PushManifestOptions = {},
  ): Promise<Descriptor> {
    const signal = this.#layout.beginWrite(options);
    return pushManifest(this.#layout, repo, content, mediaType, options, signal);
  }
}
