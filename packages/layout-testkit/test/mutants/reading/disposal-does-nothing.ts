import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("leaves a disposed reader open", ["READ-03"], (whole) => ({
  getBlob: async (repo, digest, options) =>
    changeReader(await whole.getBlob(repo, digest, options), {
      [Symbol.asyncDispose]: async () => undefined,
    }),
}));

export default it;
