import type {
  BlobWriter,
  CallOptions,
  ResumeUploadOptions,
  UploadOptions,
  UploadStatus,
} from "@ocilayout/oci-types";
import { RegistryError, requireAlgorithm, requireCount, requireString } from "@ocilayout/oci-types";
import { requireRepository } from "@ocilayout/ociref";

import { unknownUpload } from "./check.ts";
import type { MemoryStore } from "./store.ts";
import type { UploadSession } from "./upload-writer.ts";
import { MemoryUploadWriter } from "./upload-writer.ts";

/** What a caller is asked to write at once, in bytes, where it has no wish of its own. */
const CHUNK_BYTES = 1024 * 1024;

/** The upload sessions of a registry in memory (clause 9). */
export class MemoryUploads {
  readonly #store: MemoryStore;
  readonly #sessions: Map<string, UploadSession> = new Map();

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async pushBlobChunked(repo: string, options: UploadOptions = {}): Promise<BlobWriter> {
    const signal = this.#store.begin("write", options);
    requireRepository(repo);
    requireAlgorithm(options.digestAlgorithm ?? "sha256");
    const chunkSize = chunkSizeOf(options);
    const id = crypto.randomUUID();
    const session = { id, repository: repo, chunks: [], size: 0, writtenMs: Date.now(), writer: undefined };
    this.#sessions.set(id, session);
    return this.#open(session, chunkSize, signal);
  }

  async pushBlobChunkedResume(
    repo: string,
    id: string,
    options: ResumeUploadOptions = {},
  ): Promise<BlobWriter> {
    const signal = this.#store.begin("write", options);
    const { offset } = options;
    if (offset !== undefined) requireCount(offset, "offset");
    const chunkSize = chunkSizeOf(options);
    const session = this.#find(repo, id);
    requireUnused(session);
    const { size } = session;
    if (offset !== undefined && offset !== size) {
      throw new RegistryError("RANGE_INVALID", `the upload has ${size} bytes, not ${offset}`, {
        detail: { size },
      });
    }
    return this.#open(session, chunkSize, signal);
  }

  async resolveUpload(repo: string, id: string, options: CallOptions = {}): Promise<UploadStatus> {
    this.#store.begin("read", options);
    return { id, size: this.#find(repo, id).size, chunkSize: CHUNK_BYTES };
  }

  async cancelUpload(repo: string, id: string, options: CallOptions = {}): Promise<void> {
    this.#store.begin("write", options);
    requireUnused(this.#find(repo, id));
    this.#sessions.delete(id);
  }

  /** Closes every writer. */
  async close(): Promise<void> {
    for (const { writer } of this.#sessions.values()) await writer?.close();
  }

  #find(repo: string, id: string): UploadSession {
    requireRepository(repo);
    requireString(id, "an upload id");
    const session = this.#sessions.get(id);
    if (session?.repository !== repo) throw unknownUpload();
    if (Date.now() - session.writtenMs > this.#store.settings.uploadExpiryMs) throw unknownUpload();
    return session;
  }

  #open(session: UploadSession, chunkSize: number, signal: AbortSignal | undefined): BlobWriter {
    return new MemoryUploadWriter(session, {
      chunkSize,
      signal,
      store: (digest, content) => void this.#store.repository(session.repository).blobs.set(digest, content),
      forget: () => void this.#sessions.delete(session.id),
    });
  }
}

function requireUnused({ writer }: UploadSession): void {
  if (writer !== undefined) throw new RegistryError("BLOB_UPLOAD_INVALID", "another writer has this upload");
}

function chunkSizeOf({ chunkSize }: UploadOptions): number {
  return chunkSize === undefined || requireCount(chunkSize, "chunkSize") === 0 ? CHUNK_BYTES : chunkSize;
}
