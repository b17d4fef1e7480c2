import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("returns no bytes the second time", ["READ-02"], (whole) => ({
  getBlob: async (...args) => {
    const reader = await whole.getBlob(...args);
    return changeReader(reader, { bytes: () => reader.bytes().catch(() => new Uint8Array()) });
  },
}));

export default it;
