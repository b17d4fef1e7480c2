import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("throws a SyntaxError for invalid JSON", ["READ-06"], (whole) => ({
  getBlob: async (repo, digest, options) => {
    const reader = await whole.getBlob(repo, digest, options);
    return changeReader(reader, { json: async () => JSON.parse(await reader.text()) as unknown });
  },
}));

export default it;
