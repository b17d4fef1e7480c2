import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("opens a manifest as a blob", ["READ-04"], (whole) => ({
  getManifest: async (repo, digest, options) => {
    await whole.resolveManifest(repo, digest, options);
    return whole.getBlob(repo, digest, options);
  },
}));

export default it;
