import { collect, RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("reports a repository without tags as unknown", ["LIST-08"], (whole) => ({
  tags: (repo, options) =>
    listOf(
      (async () => {
        const tags = await collect(whole.tags(repo, options));
        if ((await collect(whole.tags(repo))).length === 0) throw new RegistryError("NAME_UNKNOWN");
        return tags;
      })(),
    ),
}));

export default it;
