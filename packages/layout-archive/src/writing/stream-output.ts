import { onAbort } from "@ocilayout/oci-types/authors";

import type { Output } from "./output.ts";

/** A `WritableStream`. A block is written after the stream has taken the one before it. */
export class StreamOutput implements Output {
  readonly keepsBlocks = true;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #aborted: Promise<never>;
  readonly #detach: () => void;

  /**
   * @param signal - If it is aborted, pending writes reject at once, also if the stream never answers.
   * @throws TypeError if the stream is locked.
   */
  constructor(stream: WritableStream<Uint8Array>, signal: AbortSignal | undefined) {
    this.#writer = stream.getWriter();
    // The calls below report its failure.
    this.#writer.closed.catch(() => undefined);
    let detach: () => void = () => undefined;
    this.#aborted = new Promise((_resolve, reject) => {
      if (signal === undefined) return;
      detach = onAbort(signal, () => {
        const reason: unknown = signal.reason;
        reject(reason);
      });
    });
    this.#aborted.catch(() => undefined);
    this.#detach = detach;
  }

  async write(block: Uint8Array): Promise<void> {
    await Promise.race([this.#writer.write(block), this.#aborted]);
  }

  async finish(): Promise<void> {
    await Promise.race([this.#writer.close(), this.#aborted]);
    this.#release();
  }

  async abort(reason: unknown): Promise<void> {
    // A stream that never answers must not hold up the caller.
    this.#writer.abort(reason).catch(() => undefined);
    this.#release();
  }

  #release(): void {
    this.#detach();
    this.#writer.releaseLock();
  }
}
