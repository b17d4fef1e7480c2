import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant(
  "resolves a manifest's blob with the manifest's type",
  ["MANIFEST-21"],
  (whole) => ({
    resolveBlob: async (repo, digest) => {
      const blob = await whole.resolveBlob(repo, digest);
      return unless(whole.resolveManifest(repo, digest), "MANIFEST_UNKNOWN", () => blob);
    },
  }),
);

export default it;
