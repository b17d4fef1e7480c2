import type { TimeLimits } from "./options.ts";
import { asDelay } from "./options.ts";

/** The remote side took too long. Its code is `ETIMEDOUT`, as for the system's own error. */
export class TimeLimitError extends Error {
  static {
    Object.defineProperty(this.prototype, "name", {
      value: "TimeLimitError",
      configurable: true,
      writable: true,
    });
  }

  /** The code of the system's error of the same meaning. */
  readonly code = "ETIMEDOUT" as const;
  /** Whether no part of the request had been sent. */
  readonly isUnsent: boolean;

  constructor(message: string, isUnsent: boolean = false) {
    super(message);
    this.isUnsent = isUnsent;
  }
}

/**
 * Measures the progress of a body. A peer that sends a byte now and then is as bad as one that sends nothing: bytes earn time
 * at the least rate, up to `idleMs`.
 */
export class Progress {
  readonly #idleMs: number;
  readonly #msPerByte: number;
  #leftMs: number;

  constructor({ idleMs, minBytesPerSecond }: TimeLimits) {
    this.#idleMs = idleMs;
    this.#msPerByte = 1000 / minBytesPerSecond;
    this.#leftMs = idleMs;
  }

  /** Begins to wait. Calls `expire` if the peer falls too far behind. Returns a function that ends the wait after `bytes`. */
  wait(expire: () => void): (bytes: number) => void {
    const began = performance.now();
    const timer = setTimeout(expire, asDelay(this.#leftMs));
    return (bytes) => {
      clearTimeout(timer);
      const ms = performance.now() - began;
      this.#leftMs = Math.min(this.#idleMs, this.#leftMs - ms + bytes * this.#msPerByte);
    };
  }
}
