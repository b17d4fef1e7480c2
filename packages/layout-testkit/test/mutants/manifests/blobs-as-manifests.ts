import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("returns any blob as a manifest", ["MANIFEST-12"], (whole) => ({
  getManifest: (...args) =>
    unless(whole.getManifest(...args), "MANIFEST_UNKNOWN", async (error) => {
      return whole.getBlob(...args).catch(() => {
        throw error;
      });
    }),
}));

export default it;
