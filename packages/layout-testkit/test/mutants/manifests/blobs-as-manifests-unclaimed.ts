import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "returns a blob as a manifest, which its capabilities do not allow either",
  ["MANIFEST-23"],
  (whole) => ({
    getManifest: async (repo, digest, options) => {
      try {
        return await whole.getManifest(repo, digest, options);
      } catch (error) {
        return whole.getBlob(repo, digest, options).catch(() => {
          throw error;
        });
      }
    },
  }),
  { capabilities: { knowsManifests: false } },
);

export default it;
