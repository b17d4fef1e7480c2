import type { UploadSession } from "@ocilayout/oci-backend";
import { wrongDigest } from "@ocilayout/oci-backend";
import type { CheckedDigest } from "@ocilayout/oci-types";
import { computeDigest } from "@ocilayout/oci-types";
import { concatBytes } from "@ocilayout/oci-types/authors";

/** An upload session, with what it received so far. */
export class MemoryUpload implements UploadSession {
  readonly id: string = crypto.randomUUID();
  readonly repository: string;
  /** When it received something last, in milliseconds since 1970. */
  writtenMs: number = Date.now();
  readonly #chunks: Uint8Array[] = [];
  readonly #onEnd: (digest?: CheckedDigest, content?: Uint8Array) => void;
  #size = 0;
  #isTaken = false;

  /** @param onEnd - Called when the session is over, with the blob that it became, if it became one. */
  constructor(repository: string, onEnd: (digest?: CheckedDigest, content?: Uint8Array) => void) {
    this.repository = repository;
    this.#onEnd = onEnd;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether a writer has the session. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Gives the session to a writer. */
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
    const content = concatBytes(this.#chunks, this.#size);
    const received = await computeDigest(content, { algorithm: digest.slice(0, digest.indexOf(":")) });
    if (received.digest !== digest) throw wrongDigest(digest, received.digest);
    signal?.throwIfAborted();
    this.#onEnd(digest, content);
  }

  cancel(): void {
    this.#onEnd();
  }

  close(): void {
    this.#isTaken = false;
  }
}
