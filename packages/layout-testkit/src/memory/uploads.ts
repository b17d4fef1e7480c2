import type {
  BlobWriter,
  CallOptions,
  Descriptor,
  DigestAlgorithm,
  ResumeUploadOptions,
  UploadOptions,
  UploadStatus,
} from "@ocilayout/oci-types";
import { computeDigest, octetStream, RegistryError, requireAlgorithm, requireBytes, requireDigest } from "@ocilayout/oci-types";

import { requireCount, requireRepository, requireString } from "./check.ts";
import type { MemoryStore } from "./store.ts";
import { concatenate } from "./writer.ts";

interface Session {
  readonly repository: string;
  readonly algorithm: DigestAlgorithm;
  readonly chunks: Uint8Array[];
  size: number;
  writtenMs: number;
  isOpen: boolean;
}

const CHUNK_BYTES = 1024 * 1024;

/** The upload sessions of a registry in memory (clause 9). */
export class MemoryUploads {
  readonly #store: MemoryStore;
  readonly #sessions: Map<string, Session> = new Map();

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async pushBlobChunked(repo: string, options: UploadOptions = {}): Promise<BlobWriter> {
    this.#store.begin("write", options.signal);
    requireRepository(repo);
    const algorithm = requireAlgorithm(options.digestAlgorithm ?? "sha256");
    const chunkSize = chunkSizeOf(options);
    const id = crypto.randomUUID();
    this.#sessions.set(id, { repository: repo, algorithm, chunks: [], size: 0, writtenMs: Date.now(), isOpen: false });
    return this.#write(id, chunkSize, options);
  }

  async pushBlobChunkedResume(repo: string, id: string, options: ResumeUploadOptions = {}): Promise<BlobWriter> {
    this.#store.begin("write", options.signal);
    const { offset } = options;
    if (offset !== undefined) requireCount(offset, "offset");
    const chunkSize = chunkSizeOf(options);
    const session = this.#find(repo, id);
    if (session.isOpen) throw new RegistryError("BLOB_UPLOAD_INVALID");
    if (offset !== undefined && offset !== session.size) {
      throw new RegistryError("RANGE_INVALID", undefined, { detail: { size: session.size } });
    }
    return this.#write(id, chunkSize, options);
  }

  async resolveUpload(repo: string, id: string, options: CallOptions = {}): Promise<UploadStatus> {
    this.#store.begin("read", options.signal);
    return { id, size: this.#find(repo, id).size, chunkSize: CHUNK_BYTES };
  }

  async cancelUpload(repo: string, id: string, options: CallOptions = {}): Promise<void> {
    this.#store.begin("write", options.signal);
    if (this.#find(repo, id).isOpen) throw new RegistryError("BLOB_UPLOAD_INVALID");
    this.#sessions.delete(id);
  }

  #find(repo: string, id: string): Session {
    requireRepository(repo);
    requireString(id, "an upload id");
    const session = this.#sessions.get(id);
    const isExpired = session !== undefined && Date.now() - session.writtenMs > this.#store.settings.uploadExpiryMs;
    if (session?.repository !== repo || isExpired) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
    return session;
  }

  #write(id: string, chunkSize: number, { signal }: CallOptions): BlobWriter {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
    return new MemoryUploadWriter(session, { id, chunkSize, signal }, this.#store, () => this.#sessions.delete(id));
  }
}

interface WriterOptions {
  readonly id: string;
  readonly chunkSize: number;
  readonly signal: AbortSignal | undefined;
}

/** One writer of a session; its calls run one after the other. */
class MemoryUploadWriter implements BlobWriter {
  readonly id: string;
  readonly chunkSize: number;
  readonly #session: Session;
  readonly #signal: AbortSignal | undefined;
  readonly #store: MemoryStore;
  readonly #forget: () => void;
  #state: "open" | "closed" | "committed" | "cancelled" = "open";
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Session, options: WriterOptions, store: MemoryStore, forget: () => void) {
    this.id = options.id;
    this.chunkSize = options.chunkSize;
    this.#session = session;
    this.#signal = options.signal;
    this.#store = store;
    this.#forget = forget;
    session.isOpen = true;
    options.signal?.addEventListener("abort", this.#onAbort);
  }

  get size(): number {
    return this.#session.size;
  }

  readonly #onAbort = (): void => {
    void this.close();
  };

  write(chunk: Uint8Array): Promise<void> {
    return this.#enqueue(async () => {
      const bytes = requireBytes(chunk, "a chunk").slice();
      this.#requireOpen();
      this.#session.chunks.push(bytes);
      this.#session.size += bytes.length;
      this.#session.writtenMs = Date.now();
    });
  }

  commit(digest: string): Promise<Descriptor> {
    return this.#enqueue(async () => {
      const expected = requireDigest(digest);
      this.#requireOpen();
      const content = concatenate(this.#session.chunks);
      const received = await computeDigest(content, { algorithm: expected.algorithm });
      if (received.digest !== expected.digest) throw new RegistryError("DIGEST_INVALID");
      this.#signal?.throwIfAborted();
      this.#store.repository(this.#session.repository).blobs.set(expected.digest, content);
      this.#end("committed");
      this.#forget();
      return { mediaType: octetStream, digest: expected.digest, size: content.length };
    });
  }

  cancel(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#state === "committed") return;
      this.#requireOpen();
      this.#end("cancelled");
      this.#forget();
    });
  }

  close(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#state === "open") this.#end("closed");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #end(state: "closed" | "committed" | "cancelled"): void {
    this.#state = state;
    this.#session.isOpen = false;
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  #requireOpen(): void {
    if (this.#state === "committed" || this.#state === "cancelled") throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
    this.#signal?.throwIfAborted();
    if (this.#state === "closed") throw new RegistryError("BLOB_UPLOAD_INVALID");
  }

  #enqueue<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function chunkSizeOf({ chunkSize }: UploadOptions): number {
  return chunkSize === undefined || requireCount(chunkSize, "chunkSize") === 0 ? CHUNK_BYTES : chunkSize;
}
