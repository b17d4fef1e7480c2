import { collect, RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("counts the indexes of other repositories", ["DELETE-14"], (whole) => ({
  async deleteManifest(repo, digest, options) {
    for (const name of await collect(whole.repositories())) {
      if (name === repo) continue;
      for (const tag of await collect(whole.tags(name)))
        if ((await (await whole.getTag(name, tag)).text()).includes(digest))
          throw new RegistryError("DENIED");
    }
    await whole.deleteManifest(repo, digest, options);
  },
}));

export default it;
