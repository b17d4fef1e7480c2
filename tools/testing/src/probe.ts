/** A source of chunks that records the calls of its methods. */
export interface Probe extends AsyncIterableIterator<Uint8Array, undefined> {
  readonly log: string[];
}

/** Makes a source that yields `chunks`, and then ends or, with `hangs`, never answers again. */
export function probe(chunks: readonly unknown[], hangs = false): Probe {
  const log: string[] = [];
  let at = 0;
  return {
    log,
    next() {
      log.push("next");
      if (at < chunks.length) return Promise.resolve({ done: false, value: chunks[at++] as Uint8Array });
      return hangs ? new Promise(() => undefined) : Promise.resolve({ done: true, value: undefined });
    },
    return() {
      log.push("return");
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
