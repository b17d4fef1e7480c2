import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("continues to read after close()", ["READ-03"], (whole) => ({
  getBlob: async (...args) => changeReader(await whole.getBlob(...args), { close: async () => undefined }),
}));

export default it;
