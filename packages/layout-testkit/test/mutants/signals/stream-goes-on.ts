import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("ignores the signal in a stream", ["SIGNAL-04"], (whole) => ({
  getBlob: async (repo, digest, options) => {
    const reader = await whole.getBlob(repo, digest, options);
    const forgetful = await whole.getBlob(repo, digest);
    return changeReader(reader, { stream: () => forgetful.stream() });
  },
}));

export default it;
