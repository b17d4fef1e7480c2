import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant(
  "deletes blobs that only a document of an unknown type references",
  ["DELETE-18"],
  (whole) => {
    let isKnown = true;
    return {
      pushManifest: async (repo, content, mediaType, options) => {
        isKnown = !mediaType.includes("unknown");
        return whole.pushManifest(repo, content, mediaType, options);
      },
      deleteBlob: (repo, digest, options) =>
        unless(whole.deleteBlob(repo, digest, options), "DENIED", (error) => {
          if (isKnown) throw error;
        }),
    };
  },
);

export default it;
