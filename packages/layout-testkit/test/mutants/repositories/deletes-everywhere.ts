import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("deletes a blob in every repository", ["SCOPE-03"], (whole) => ({
  deleteBlob: async (repo, digest, options) => {
    await whole.deleteBlob(repo, digest, options);
    for (const name of await collect(whole.repositories()))
      await whole.deleteBlob(name, digest).catch(() => undefined);
  },
}));

export default it;
