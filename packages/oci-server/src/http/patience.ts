import { maxDurationMs } from "@ocilayout/oci-types/authors";

/**
 * Limits how long to wait for a slow client. The client must send or take `minBytesPerSecond`, and may fall behind by
 * `rateWindowMs`. Only time that callers report to {@link waited} counts.
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

  /** Returns how long to wait for the next `bytes`, in milliseconds. */
  leftFor(bytes: number): number {
    return Math.min(this.#leftMs + bytes * this.#msPerByte, maxDurationMs);
  }

  /** Records that waiting for the client took `ms` and transferred `bytes`. */
  waited(ms: number, bytes: number): void {
    this.#leftMs = Math.min(this.#windowMs, this.#leftMs + bytes * this.#msPerByte - ms);
  }
}
