import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("checks the signal of a push only between chunks", ["SIGNAL-03"], (whole) => ({
  pushBlob: async (repo, expected, content, options) => {
    const signal = options?.signal;
    if (signal === undefined || signal.aborted || !(content instanceof ReadableStream))
      return whole.pushBlob(repo, expected, content, options);
    const checked = content.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          signal.throwIfAborted();
          controller.enqueue(chunk);
        },
      }),
    );
    return whole.pushBlob(repo, expected, checked);
  },
}));

export default it;
