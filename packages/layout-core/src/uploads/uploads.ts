import type {
  BlobWriter,
  CallOptions,
  ResumeUploadOptions,
  UploadOptions,
  UploadStatus,
} from "@ocilayout/oci-types";
import { requireAlgorithm, requireCount, requireString } from "@ocilayout/oci-types";
import { unknownUpload, uploadBusy, wrongOffset } from "@ocilayout/oci-backend";
import { requireRepository } from "@ocilayout/ociref";

import { storageError } from "../disk/storage-error.ts";
import type { OpenUpload } from "./upload-files.ts";
import { UploadFiles } from "./upload-files.ts";
import type { UploadState } from "./upload-record.ts";
import { HashedPrefixes } from "./hashed-prefixes.ts";
import type { Layout } from "../layout/layout.ts";
import { UploadWriter } from "./upload-writer.ts";

/** What a caller is asked to write at once, in bytes, where it has no wish of its own. */
const CHUNK_BYTES = 1024 * 1024;

/** How often, at most, the sessions are looked through for expired ones, in milliseconds. */
const SWEEP_MS = 600_000;

/** The upload sessions of a layout: a part of its writing facet. */
export class LayoutUploads {
  readonly #layout: Layout;
  readonly #files: UploadFiles;
  readonly #hashed: HashedPrefixes = new HashedPrefixes();
  readonly #writers: Set<BlobWriter> = new Set();
  #sweptMs = Number.NEGATIVE_INFINITY;
  #sweeping: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#files = new UploadFiles(layout.disk, layout.paths, layout.settings);
  }

  async pushBlobChunked(repo: string, options: UploadOptions = {}): Promise<BlobWriter> {
    const signal = this.#layout.beginWrite(options);
    requireRepository(repo);
    const chunkSize = chunkSizeOf(options);
    const algorithm = requireAlgorithm(options.digestAlgorithm ?? "sha256");
    try {
      await this.#layout.index.read();
      this.#sweepNowAndThen();
      const upload = await this.#files.create({ repository: repo, algorithm });
      return this.#write(upload, chunkSize, signal);
    } catch (error) {
      throw storageError(error, "starting an upload");
    }
  }

  async pushBlobChunkedResume(
    repo: string,
    id: string,
    options: ResumeUploadOptions = {},
  ): Promise<BlobWriter> {
    const signal = this.#layout.beginWrite(options);
    requireRepository(repo);
    requireString(id, "an upload id");
    const chunkSize = chunkSizeOf(options);
    const offset = options.offset === undefined ? undefined : requireCount(options.offset, "offset");
    try {
      const upload = await this.#open(repo, id);
      const { size } = upload.state;
      if (offset !== undefined && offset !== size) {
        await upload.close();
        throw wrongOffset(size, offset);
      }
      return this.#write(upload, chunkSize, signal);
    } catch (error) {
      throw storageError(error, "resuming an upload");
    }
  }

  async resolveUpload(repo: string, id: string, options: CallOptions = {}): Promise<UploadStatus> {
    this.#layout.beginRead(options);
    requireRepository(repo);
    requireString(id, "an upload id");
    try {
      await this.#layout.index.read();
      const state = await this.#require(repo, await this.#files.state(id));
      return { id, size: state.size, chunkSize: CHUNK_BYTES };
    } catch (error) {
      throw storageError(error, "looking for an upload");
    }
  }

  async cancelUpload(repo: string, id: string, options: CallOptions = {}): Promise<void> {
    this.#layout.beginWrite(options);
    requireRepository(repo);
    requireString(id, "an upload id");
    try {
      const upload = await this.#open(repo, id);
      await upload.remove();
      this.#hashed.drop(id);
    } catch (error) {
      throw storageError(error, "cancelling an upload");
    }
  }

  /** Closes every writer that is still open; the sessions stay. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#sweeping;
    await Promise.all([...this.#writers].map((writer) => writer.close()));
  }

  /** Opens a session of `repo` for one writer. */
  async #open(repo: string, id: string): Promise<OpenUpload> {
    await this.#layout.index.read();
    // Another repository's session is not touched, nor told from one that is not there.
    await this.#require(repo, await this.#files.state(id));
    const upload = await this.#files.open(id);
    if (upload === undefined) throw unknownUpload();
    if (upload === "busy") throw uploadBusy();
    return upload;
  }

  async #require(repo: string, state: UploadState | undefined): Promise<UploadState> {
    if (state?.repository !== repo) throw unknownUpload();
    if (state.writtenMs < (await this.#expiredBeforeMs())) throw unknownUpload();
    return state;
  }

  /** When a session must have been written to last to have expired, by the clock that dates its files. */
  async #expiredBeforeMs(): Promise<number> {
    const { clock, settings } = this.#layout;
    return (await clock.now()) - settings.uploadExpiryMs;
  }

  /** Removes expired sessions, now and then, while the calls go on: there may be thousands of sessions. */
  #sweepNowAndThen(): void {
    const now = performance.now();
    if (now - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = now;
    // What cannot be removed now is removed by the next sweep, or by a garbage collection.
    this.#sweeping = this.#sweep().catch(() => undefined);
  }

  async #sweep(): Promise<void> {
    for (const id of await this.#files.ids()) {
      if (this.#isClosed) return;
      const state = await this.#files.inspect(id);
      if (state === undefined || "unsound" in state) continue;
      const expiredBeforeMs = await this.#expiredBeforeMs();
      if (state.writtenMs < expiredBeforeMs) await this.#files.removeEnded(id, expiredBeforeMs);
    }
  }

  #write(upload: OpenUpload, chunkSize: number, signal: AbortSignal | undefined): BlobWriter {
    const hashed = this.#hashed.take(upload.state);
    const onEnd = (writer: BlobWriter): void => void this.#writers.delete(writer);
    const writer = new UploadWriter(this.#layout, upload, {
      hashed,
      chunkSize,
      signal,
      prefixes: this.#hashed,
      onEnd,
    });
    this.#writers.add(writer);
    return writer;
  }
}

function chunkSizeOf({ chunkSize }: UploadOptions): number {
  if (chunkSize === undefined) return CHUNK_BYTES;
  return requireCount(chunkSize, "chunkSize") === 0 ? CHUNK_BYTES : chunkSize;
}
