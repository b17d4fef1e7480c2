import { onAbort } from "@ocilayout/oci-types/authors";

/** Time and chance. Tests pass their own. */
export interface Clock {
  /** Returns the time in milliseconds. */
  now(): number;
  /** Resolves after `ms`. Rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Returns a number from 0 to below 1. */
  random(): number;
  /** Calls `run` after `ms`. The returned function prevents it. */
  after(ms: number, run: () => void): () => void;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => {
      clearTimeout(timer);
    };
  },
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    let forget = (): void => undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(resolve, ms);
        if (signal !== undefined)
          forget = onAbort(signal, () => {
            reject(signal.reason as Error);
          });
      });
    } finally {
      clearTimeout(timer);
      forget();
    }
  },
};
