import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("returns text instead of JSON", ["READ-01"], (whole) => ({
  getBlob: async (...args) => {
    const reader = await whole.getBlob(...args);
    return changeReader(reader, { json: () => reader.text() });
  },
}));

export default it;
