/** Limits the total size of the documents that are processed at once. The others wait in order. */
export class Gate {
  readonly #max: number;
  readonly #waiting: { readonly bytes: number; readonly begin: () => void }[] = [];
  #bytes = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Runs `work` on `bytes` bytes when they fit. Rejects if `signal` is aborted before. */
  async run<Result>(bytes: number, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const share = Math.min(bytes, this.#max);
    if (this.#waiting.length > 0 || this.#bytes + share > this.#max) await this.#wait(share, signal);
    else this.#bytes += share;
    try {
      return await work();
    } finally {
      this.#bytes -= share;
      this.#beginNext();
    }
  }

  async #wait(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    let leave = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const waiting = { bytes, begin: resolve };
        this.#waiting.push(waiting);
        leave = () => {
          const at = this.#waiting.indexOf(waiting);
          if (at < 0) return;
          this.#waiting.splice(at, 1);
          reject(signal.reason as Error);
          this.#beginNext();
        };
        signal.addEventListener("abort", leave);
      });
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #beginNext(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && this.#bytes + next.bytes <= this.#max;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#bytes += next.bytes;
      next.begin();
    }
  }
}
