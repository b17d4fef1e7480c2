import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant(
  "gives the type of a manifest to the blob that it is",
  ["MANIFEST-21"],
  (whole) => ({
    resolveBlob: async (repo, digest) => {
      const blob = await whole.resolveBlob(repo, digest);
      return unless(whole.resolveManifest(repo, digest), "MANIFEST_UNKNOWN", () => blob);
    },
  }),
);

export default it;
