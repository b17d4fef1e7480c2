import type {
  Awaitable,
  Backend,
  DeleteTagCall,
  DigestCall,
  ListCall,
  MountCall,
  OpenManifestCall,
  PushBlobCall,
  PushedManifest,
  PushManifestCall,
  ReferrersCall,
  RepositoryCall,
  StartUploadCall,
  TagCall,
  Turns,
  UploadCall,
  UploadSession,
} from "@ocilayout/oci-backend";
import {
  checkReferences,
  childrenOf,
  describeReferrer,
  memoryUploads,
  readChild,
  readOnly,
  referencesOf,
  requireCurrent,
  stillReferenced,
  subjectOf,
  takeTurns,
  wasClosed,
  wrongMediaType,
} from "@ocilayout/oci-backend";
import type { Descriptor, RegistryCapabilities } from "@ocilayout/oci-types";

import type { MemorySettings } from "./options.ts";
import { MemoryStore } from "./store.ts";

/** The calls of a registry in memory. Changes run one after the other, so that each decides on the current state. */
export class MemoryBackend implements Backend {
  readonly capabilities: Partial<RegistryCapabilities>;
  readonly maxManifestBytes: number;
  readonly #settings: MemorySettings;
  readonly #store: MemoryStore;
  readonly #uploads: ReturnType<typeof memoryUploads>;
  #isClosed = false;
  readonly #inTurn: Turns = takeTurns();

  constructor(settings: MemorySettings) {
    const { repositoryScopedBlobs, allowSparse, maxManifestBytes } = settings;
    this.capabilities = { persistent: false, repositoryScopedBlobs, checksReferences: !allowSparse };
    this.maxManifestBytes = maxManifestBytes;
    this.#settings = settings;
    this.#store = new MemoryStore(settings);
    this.#uploads = memoryUploads((call) => this.pushBlob(call), { expiryMs: settings.uploadExpiryMs });
  }

  /** Makes every later call fail with `CLOSED`. */
  close(): void {
    this.#isClosed = true;
  }

  begin(access: "read" | "write"): void {
    if (this.#isClosed) throw wasClosed();
    if (access === "write" && this.#settings.readOnly) throw readOnly();
  }

  openBlob({ repository, digest }: DigestCall): Uint8Array | undefined {
    return this.#store.read(repository).blobs.get(digest);
  }

  findManifest({ repository, digest }: DigestCall): Descriptor | undefined {
    return this.#store.read(repository).manifests.get(digest)?.descriptor;
  }

  findTag({ repository, tag }: TagCall): Descriptor | undefined {
    const { tags, manifests } = this.#store.read(repository);
    return manifests.get(tags.get(tag) ?? "")?.descriptor;
  }

  openManifest({ repository, descriptor }: OpenManifestCall): Uint8Array | undefined {
    return this.#store.read(repository).manifests.get(descriptor.digest)?.content;
  }

  async pushBlob({ repository, digest, content }: PushBlobCall): Promise<number> {
    const bytes = await content.bytes();
    this.#store.repository(repository).blobs.set(digest, bytes);
    return bytes.length;
  }

  /** Without scoped blobs, every repository has every blob (clause 11), even one that does not exist. */
  mountBlob({ from, repository, digest }: MountCall): number | undefined {
    const sources = from === undefined ? [repository, ...this.#store.names()] : [from];
    const content = sources
      .map((name) => this.#store.read(name).blobs.get(digest))
      .find((it) => it !== undefined);
    if (content !== undefined) this.#store.repository(repository).blobs.set(digest, content);
    return content?.length;
  }

  pushManifest(call: PushManifestCall): Promise<void> {
    return this.#inTurn(() => this.#pushManifest(call));
  }

  async #pushManifest({ repository: name, manifest, tags, precondition }: PushManifestCall): Promise<void> {
    const { descriptor, content, parsed } = manifest;
    const { mediaType, digest } = descriptor;
    const repository = this.#store.read(name);
    for (const tag of tags) requireCurrent(tag, repository.tags.get(tag), precondition);
    const known = repository.manifests.get(digest);
    if (known !== undefined && known.descriptor.mediaType !== mediaType)
      throw wrongMediaType(known.descriptor.mediaType, mediaType);
    if (known === undefined) {
      const { blobs, manifests } = repository;
      await checkReferences(
        parsed,
        {
          sizeOf: (reference) => blobs.get(reference)?.length,
          isAsDescribed: (child) => {
            const blob = blobs.get(child.digest);
            const stored =
              manifests.get(child.digest) ?? (blob === undefined ? undefined : readChild(child, blob));
            return stored?.descriptor.mediaType === child.mediaType;
          },
        },
        this.#settings.allowSparse,
      );
    }
    // Another push may have made the repository meanwhile.
    const kept = this.#store.repository(name);
    kept.blobs.set(digest, content);
    kept.manifests.set(digest, manifest);
    for (const tag of tags) kept.tags.set(tag, digest);
  }

  startUpload(call: StartUploadCall): Awaitable<UploadSession> {
    return this.#uploads.startUpload(call);
  }

  resumeUpload(call: UploadCall): Awaitable<UploadSession | "busy" | undefined> {
    return this.#uploads.resumeUpload(call);
  }

  findUpload(call: UploadCall): Awaitable<{ readonly size: number } | undefined> {
    return this.#uploads.findUpload(call);
  }

  deleteBlob(call: DigestCall): Promise<boolean> {
    return this.#inTurn(() => this.#deleteBlob(call));
  }

  #deleteBlob({ repository, digest }: DigestCall): boolean {
    const { blobs } = this.#store.read(repository);
    if (!blobs.has(digest)) return false;
    const manifests = this.#store.sharing(repository).flatMap((it) => [...it.manifests.values()]);
    if (manifests.some((it) => it.descriptor.digest === digest))
      throw stillReferenced("cannot delete the blob: it is a manifest", { referencedBy: [] });
    refuse("cannot delete the blob: a manifest references it", manifests, (it) =>
      referencesOf(it).includes(digest),
    );
    return blobs.delete(digest);
  }

  deleteManifest(call: DigestCall): Promise<boolean> {
    return this.#inTurn(() => this.#deleteManifest(call));
  }

  #deleteManifest({ repository, digest }: DigestCall): boolean {
    const { manifests, tags } = this.#store.read(repository);
    const contains = (it: PushedManifest): boolean => childrenOf(it).some((child) => child.digest === digest);
    refuse("cannot delete the manifest: an index contains it", [...manifests.values()], contains);
    for (const [tag, target] of [...tags]) if (target === digest) tags.delete(tag);
    return manifests.delete(digest);
  }

  deleteTag({ repository, tag, precondition }: DeleteTagCall): Promise<boolean> {
    return this.#inTurn(() => {
      const { tags } = this.#store.read(repository);
      requireCurrent(tag, tags.get(tag), precondition);
      return tags.delete(tag);
    });
  }

  tags({ repository }: Pick<ListCall, "repository">): readonly string[] | undefined {
    return this.#store.exists(repository) ? [...this.#store.read(repository).tags.keys()] : undefined;
  }

  referrers({ repository, digest }: Pick<ReferrersCall, keyof RepositoryCall | "digest">): Descriptor[] {
    const manifests = [...this.#store.read(repository).manifests.values()];
    return manifests.filter((it) => subjectOf(it) === digest).map(describeReferrer);
  }

  repositories(): readonly string[] {
    return this.#store.names();
  }
}

/** Rejects a deletion if any of `manifests` references its target. */
function refuse(
  message: string,
  manifests: readonly PushedManifest[],
  refers: (manifest: PushedManifest) => boolean,
): void {
  const referencedBy = [...new Set(manifests.filter(refers).map((it) => it.descriptor.digest))].sort();
  if (referencedBy.length > 0) throw stillReferenced(message, { referencedBy });
}
