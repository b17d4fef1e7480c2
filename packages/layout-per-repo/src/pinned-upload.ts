import type { UploadSession } from "@ocilayout/oci-backend";
import type { CheckedDigest } from "@ocilayout/oci-types";

/** An upload session that keeps its layout open until it ends. */
export class PinnedUpload implements UploadSession {
  readonly #session: UploadSession;
  readonly #release: () => Promise<void>;

  constructor(session: UploadSession, release: () => Promise<void>) {
    this.#session = session;
    this.#release = release;
  }

  get id(): string {
    return this.#session.id;
  }

  get size(): number {
    return this.#session.size;
  }

  get ended(): "committed" | "cancelled" | undefined {
    return this.#session.ended;
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#session.write(chunk);
  }

  async commit(digest: CheckedDigest, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#session.commit(digest, signal);
    } catch (error) {
      if (this.#session.ended !== undefined) await this.#release();
      throw error;
    }
    await this.#release();
  }

  async cancel(): Promise<void> {
    try {
      await this.#session.cancel();
    } finally {
      await this.#release();
    }
  }

  async close(): Promise<void> {
    try {
      await this.#session.close();
    } finally {
      await this.#release();
    }
  }
}
