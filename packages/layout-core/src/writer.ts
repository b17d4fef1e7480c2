import type {
  BlobDescriptor,
  BlobSource,
  CallOptions,
  Descriptor,
  ParsedManifest,
  Precondition,
  PushManifestOptions,
  RegistryWriter,
} from "@ocilayout/oci-types";
import {
  computeDigest,
  octetStream,
  parseManifest,
  readBlobSource,
  RegistryError,
  requireBytes,
  requireDigest,
} from "@ocilayout/oci-types";

import { requireCount, requirePrecondition, requireRepository, requireTag } from "./check-input.ts";
import type { Draft } from "./entry-table.ts";
import type { StagedBlob } from "./fs/blob-files.ts";
import { storageError } from "./fs/storage-error.ts";
import { putManifest } from "./index-changes.ts";
import type { Layout } from "./layout.ts";
import { checkReferences } from "./references.ts";

/** A manifest that was pushed, checked as far as it can be without looking at the layout. */
interface PushedManifest {
  readonly repository: string;
  readonly content: Uint8Array;
  readonly parsed: ParsedManifest;
  readonly descriptor: Descriptor;
  readonly tags: readonly string[];
  readonly precondition: Precondition;
}

/** The writing facet of a layout. */
export class LayoutWriter implements Pick<RegistryWriter, "pushBlob" | "pushManifest"> {
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
    const { signal } = options;
    const chunks = readBlobSource(content, { signal });
    try {
      this.#layout.beginWrite(options);
      requireRepository(repo);
      const { digest } = requireDigest(descriptor.digest);
      const size = descriptor.size === undefined ? undefined : requireCount(descriptor.size, "size");
      await this.#layout.index.ensure(signal);
      const staged = await this.#layout.blobs.stage({ digest, size }, chunks, signal);
      await this.#place(staged);
      return { mediaType: octetStream, digest, size: staged.size };
    } catch (error) {
      throw storageError(error, "storing a blob");
    } finally {
      await chunks.return();
    }
  }

  async pushManifest(
    repo: string,
    content: Uint8Array,
    mediaType: string,
    options: PushManifestOptions = {},
  ): Promise<Descriptor> {
    this.#layout.beginWrite(options);
    const { signal } = options;
    const { index, blobs } = this.#layout;
    const pushed = await this.#check(repo, content, mediaType, options);
    try {
      await index.ensure(signal);
      // Asked before anything is written and, because much can happen until then, again in the transaction.
      await this.#checkReferences(await index.read(), pushed);
      const staged = await blobs.stage(pushed.descriptor, readBlobSource(pushed.content, { signal }), signal);
      await this.#place(staged);
      await index.transact((draft) => this.#put(draft, pushed), signal);
    } catch (error) {
      throw storageError(error, "storing a manifest");
    }
    return { ...pushed.descriptor };
  }

  async #check(
    repo: string,
    content: Uint8Array,
    mediaType: string,
    options: PushManifestOptions,
  ): Promise<PushedManifest> {
    const { maxManifestBytes } = this.#layout.settings;
    // A copy: the caller may use its memory again as soon as this call has returned its promise.
    const bytes = requireBytes(content, "a manifest").slice();
    const repository = requireRepository(repo);
    const tags = [...new Set(options.tags)].map((tag) => requireTag(tag));
    const precondition = { ifMatch: options.ifMatch, ifNoneMatch: options.ifNoneMatch };
    requirePrecondition(precondition, tags);
    if (bytes.length > maxManifestBytes) {
      throw new RegistryError("SIZE_INVALID", `a manifest may have ${maxManifestBytes} bytes`, {
        detail: { limit: maxManifestBytes },
      });
    }
    const expected = options.digest === undefined ? undefined : requireDigest(options.digest);
    const { digest, size } = await computeDigest(bytes, { algorithm: expected?.algorithm });
    if (expected !== undefined && expected.digest !== digest) {
      throw new RegistryError("DIGEST_INVALID", `the manifest has digest ${digest}, not ${expected.digest}`);
    }
    const parsed = parseManifest(bytes, mediaType);
    const descriptor = { mediaType: parsed.mediaType, digest, size };
    return { repository, content: bytes, parsed, descriptor, tags, precondition };
  }

  /** Decides and makes the change of the index. */
  async #put(draft: Draft, pushed: PushedManifest): Promise<void> {
    const { repository, descriptor, tags, precondition } = pushed;
    const { settings: rules, graph } = this.#layout;
    for (const tag of tags) checkPrecondition(draft, repository, tag, precondition);
    await this.#checkReferences(draft, pushed);
    const displaced = tags.flatMap((tag) => draft.tagged(repository, tag).map((entry) => entry.digest));
    const contents = pushed.parsed.kind === "index" ? await this.#contents(descriptor) : [];
    const asked = new Set([descriptor.digest, ...displaced]);
    const contained = await graph.pickContained(draft.inRepository(repository), asked);
    putManifest(
      { draft, rules, repository, contained: new Set([...contained.keys(), ...contents]) },
      descriptor,
      tags,
    );
  }

  /** The digests of the manifests that the pushed one contains. */
  async #contents(descriptor: Descriptor): Promise<string[]> {
    const digests: string[] = [];
    for await (const { digest } of this.#layout.graph.contained(descriptor)) digests.push(digest);
    return digests;
  }

  /** A manifest that the repository has is not checked again: tagging it must work whatever became of its parts. */
  async #checkReferences(view: Pick<Draft, "withDigest" | "inRepository">, pushed: PushedManifest): Promise<void> {
    const { settings, graph } = this.#layout;
    const { repository, descriptor, parsed } = pushed;
    const [entry] = view.withDigest(repository, descriptor.digest);
    if (entry !== undefined && entry.mediaType !== descriptor.mediaType) {
      throw new RegistryError("MANIFEST_INVALID", `these bytes are stored as ${entry.mediaType} already`);
    }
    if (entry !== undefined) return;
    if ((await graph.findContained(view.inRepository(repository), descriptor.digest)) !== undefined) return;
    await checkReferences(parsed, this.#layout, settings.allowSparse);
  }

  /** Gives a staged blob its name; where something has it, under the lock, so that no collection comes between. */
  async #place(staged: StagedBlob): Promise<void> {
    const { blobs, index } = this.#layout;
    if (blobs.isTaken(staged)) await index.transact(() => blobs.placeOrKeep(staged));
    else await blobs.place(staged);
  }
}

function checkPrecondition(draft: Draft, repository: string, tag: string, precondition: Precondition): void {
  const { ifMatch, ifNoneMatch } = precondition;
  const current = draft.tagged(repository, tag)[0]?.digest;
  const holds =
    (ifMatch === undefined || (ifMatch === "*" ? current !== undefined : current === ifMatch)) &&
    (ifNoneMatch === undefined || current === undefined);
  if (holds) return;
  throw new RegistryError("PRECONDITION_FAILED", `the tag ${tag} is not as required`, {
    detail: { tag, digest: current ?? null },
  });
}
