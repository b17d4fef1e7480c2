/** The callbacks for one signal, and the listener that calls them. */
interface Waiting {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const waitingBySignal: WeakMap<AbortSignal, Waiting> = new WeakMap();

/**
 * Calls `callback` when `signal` is aborted, until the returned function is called. A signal gets one listener for all
 * callbacks: Node warns of a leak at the eleventh listener, and many pushes may share one signal.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const waiting = waitingBySignal.get(signal) ?? listen(signal);
  waiting.callbacks.add(callback);
  return () => {
    waiting.callbacks.delete(callback);
    if (waiting.callbacks.size > 0 || waitingBySignal.get(signal) !== waiting) return;
    signal.removeEventListener("abort", waiting.listener);
    waitingBySignal.delete(signal);
  };
}

function listen(signal: AbortSignal): Waiting {
  const callbacks: Set<() => void> = new Set();
  const waiting = {
    callbacks,
    listener: () => {
      for (const callback of callbacks) callback();
    },
  };
  signal.addEventListener("abort", waiting.listener);
  waitingBySignal.set(signal, waiting);
  return waiting;
}
