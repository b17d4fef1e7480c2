import { onAbort } from "@ocilayout/oci-types/authors";

/**
 * The order in which blobs are written. Several blobs are opened at once, so that one is read while another is written. They
 * are written in the order in which the copy asked for them, so the archive is always the same.
 */
export class BlobTurns {
  /** The blobs that were asked for and are not done, in order, and how to begin each. */
  readonly #pending: Map<string, (() => void) | undefined> = new Map();

  /** Gives a blob its place in the order, after those that have one. */
  announce(digest: string): void {
    if (!this.#pending.has(digest)) this.#pending.set(digest, undefined);
  }

  /** Waits until all blobs before this one are done. Rejects with the reason of the signal if it is aborted before. */
  async wait(digest: string, signal: AbortSignal | undefined): Promise<void> {
    this.announce(digest);
    if (this.#first() === digest) return;
    await new Promise<void>((resolve, reject) => {
      let detach: () => void = () => undefined;
      if (signal !== undefined)
        detach = onAbort(signal, () => {
          const reason: unknown = signal.reason;
          reject(reason);
        });
      this.#pending.set(digest, () => {
        detach();
        resolve();
      });
    });
  }

  /** Lets the blobs after this one begin: it was written, or the source does not have it. */
  done(digest: string): void {
    this.#pending.delete(digest);
    const next = this.#first();
    if (next !== undefined) this.#pending.get(next)?.();
  }

  #first(): string | undefined {
    for (const digest of this.#pending.keys()) return digest;
    return undefined;
  }
}
