import { maxDurationMs } from "@ocilayout/oci-types/authors";

/**
 * How long a client may be waited for: as long as what it sends or takes comes to `minBytesPerSecond`, with `windowMs` in
 * hand. Only the time that is spent waiting for the client counts: it is given to {@link waited} by whoever waits.
 */
export class Patience {
  readonly #windowMs: number;
  readonly #msPerByte: number;
  #leftMs: number;

  constructor({
    rateWindowMs,
    minBytesPerSecond,
  }: {
    readonly rateWindowMs: number;
    readonly minBytesPerSecond: number;
  }) {
    this.#windowMs = rateWindowMs;
    this.#msPerByte = 1000 / minBytesPerSecond;
    this.#leftMs = rateWindowMs;
  }

  /** How long the client may be waited for until it has sent or taken `bytes` more, in milliseconds. */
  leftFor(bytes: number): number {
    return Math.min(this.#leftMs + bytes * this.#msPerByte, maxDurationMs);
  }

  /** Counts a time that was spent waiting for the client, and what came of it. */
  waited(ms: number, bytes: number): void {
    this.#leftMs = Math.min(this.#windowMs, this.#leftMs + bytes * this.#msPerByte - ms);
  }
}
