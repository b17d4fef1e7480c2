import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("iterates over no chunks the second time", ["READ-02"], (whole) => ({
  getBlob: async (repo, digest, options) => {
    const reader = await whole.getBlob(repo, digest, options);
    let isUsed = false;
    const bytes = (): Promise<Uint8Array<ArrayBuffer>> => {
      isUsed = true;
      return reader.bytes();
    };
    return changeReader(reader, {
      bytes,
      [Symbol.asyncIterator]: () =>
        isUsed
          ? new ReadableStream<Uint8Array>({
              start: (controller) => {
                controller.close();
              },
            })[Symbol.asyncIterator]()
          : reader[Symbol.asyncIterator](),
    });
  },
}));

export default it;
