import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("returns each byte of a stream twice", ["READ-01"], (whole) => ({
  getBlob: async (...args) => {
    const reader = await whole.getBlob(...args);
    const double: TransformStream<Uint8Array, Uint8Array> = new TransformStream({
      transform: (chunk, controller) => {
        controller.enqueue(chunk);
        controller.enqueue(chunk);
      },
    });
    return changeReader(reader, { stream: () => reader.stream().pipeThrough(double) });
  },
}));

export default it;
