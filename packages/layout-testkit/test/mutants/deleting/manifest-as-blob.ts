import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("deletes a manifest as a blob", ["DELETE-10"], (whole) => ({
  deleteBlob: (repo, digest, options) =>
    unless(whole.deleteBlob(repo, digest, options), "DENIED", async (error) => {
      if (
        !(await whole.resolveManifest(repo, digest).then(
          () => true,
          () => false,
        ))
      )
        throw error;
      await whole.deleteManifest(repo, digest);
    }),
}));

export default it;
