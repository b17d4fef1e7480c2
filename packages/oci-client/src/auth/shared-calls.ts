import { onAbort } from "@ocilayout/oci-types/authors";

interface SharedCall<Result> {
  readonly promise: Promise<Result>;
  readonly controller: AbortController;
  waiting: number;
}

/** Makes calls with the same key share one run. A caller that gives up leaves the run to the others; the last one ends it. */
export class SharedCalls<Result> {
  readonly #running: Map<string, SharedCall<Result>> = new Map();

  /** Returns the result of the run for `key`, which `start` begins unless one is under way. Rejects with the signal's reason. */
  async run(
    key: string,
    start: (signal: AbortSignal) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    signal?.throwIfAborted();
    const call = this.#running.get(key) ?? this.#start(key, start);
    call.waiting += 1;
    let forget = (): void => undefined;
    try {
      if (signal === undefined) return await call.promise;
      const aborted: Promise<never> = new Promise((_, reject) => {
        forget = onAbort(signal, () => {
          reject(signal.reason as Error);
        });
      });
      return await Promise.race([call.promise, aborted]);
    } finally {
      forget();
      call.waiting -= 1;
      if (call.waiting === 0 && this.#running.get(key) === call) {
        this.#running.delete(key);
        call.controller.abort(new DOMException("no caller waits for this any more", "AbortError"));
      }
    }
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<Result>): SharedCall<Result> {
    const controller = new AbortController();
    const end = (): void => {
      if (this.#running.get(key) === call) this.#running.delete(key);
    };
    const promise = start(controller.signal).finally(end);
    // Every caller may have given up before it fails.
    promise.catch(() => undefined);
    const call: SharedCall<Result> = { promise, controller, waiting: 0 };
    this.#running.set(key, call);
    return call;
  }
}
