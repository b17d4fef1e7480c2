import type { CheckedDigest } from "@ocilayout/oci-types";
import { readBlobSource, requireCount } from "@ocilayout/oci-types/authors";

import type { Awaitable } from "../checks/awaitable.ts";
import type { Backend, UploadSession } from "../backend/backend.ts";
import type { PushBlobCall, UploadCall } from "../backend/calls.ts";
import { pushBlobCall } from "../backend/pushed-content.ts";

/** Options of {@link memoryUploads}. */
export interface MemoryUploadsOptions {
  /** How long a session lives after its last write, in milliseconds. Defaults to 24 hours. */
  readonly expiryMs?: number | undefined;
}

const DAY_MS = 86_400_000;

/**
 * Creates the upload methods of a backend. A session keeps its content in memory, and `commit` pushes it as a blob. Use it
 * for blobs that fit into memory. Other processes do not see the sessions.
 *
 * @param pushBlob - The `pushBlob` of the backend. If it rejects, the session stays.
 */
export function memoryUploads(
  pushBlob: (call: PushBlobCall) => Awaitable<unknown>,
  { expiryMs = DAY_MS }: MemoryUploadsOptions = {},
): Required<Pick<Backend, "startUpload" | "resumeUpload" | "findUpload">> {
  requireCount(expiryMs, "expiryMs");
  const sessions: Map<string, MemoryUpload> = new Map();
  const isExpired = ({ writtenMs }: MemoryUpload): boolean => Date.now() - writtenMs > expiryMs;
  const find = ({ repository, id }: UploadCall): MemoryUpload | undefined => {
    const found = sessions.get(id);
    return found?.repository === repository && !isExpired(found) ? found : undefined;
  };
  return {
    startUpload({ repository }) {
      for (const [id, session] of sessions) if (!session.isTaken && isExpired(session)) sessions.delete(id);
      const session: MemoryUpload = new MemoryUpload(repository, pushBlob, () => sessions.delete(session.id));
      sessions.set(session.id, session);
      return session.take();
    },
    resumeUpload(call) {
      const found = find(call);
      return found?.isTaken === true ? "busy" : found?.take();
    },
    findUpload: find,
  };
}

class MemoryUpload implements UploadSession {
  readonly id: string = crypto.randomUUID();
  readonly repository: string;
  /** The time of the last write, in milliseconds since 1970. */
  writtenMs: number = Date.now();
  readonly #pushBlob: (call: PushBlobCall) => Awaitable<unknown>;
  readonly #onEnd: () => void;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #isTaken = false;

  constructor(repository: string, pushBlob: (call: PushBlobCall) => Awaitable<unknown>, onEnd: () => void) {
    this.repository = repository;
    this.#pushBlob = pushBlob;
    this.#onEnd = onEnd;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether a writer has the session open. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Opens the session for a writer. */
  take(): this {
    this.#isTaken = true;
    return this;
  }

  write(chunk: Uint8Array): void {
    this.#chunks.push(chunk.slice());
    this.#size += chunk.length;
    this.writtenMs = Date.now();
  }

  async commit(digest: CheckedDigest, signal: AbortSignal | undefined): Promise<void> {
    const { repository, size } = this;
    const chunks = readBlobSource(this.#chunks, { signal });
    try {
      await this.#pushBlob(pushBlobCall({ repository, signal }, { digest, size }, chunks));
    } finally {
      await chunks.return();
    }
    this.#onEnd();
  }

  cancel(): void {
    this.#onEnd();
  }

  close(): void {
    this.#isTaken = false;
  }
}
