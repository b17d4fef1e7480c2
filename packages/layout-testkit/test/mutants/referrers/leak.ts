import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("lists the referrers of other repositories", ["REFERRER-04"], (whole) => ({
  referrers: (repo, digest, options) =>
    listOf(
      (async () => {
        const own = await collect(whole.referrers(repo, digest, options));
        if (own.length > 0) return own;
        const names = await collect(whole.repositories());
        return (
          await Promise.all(names.map((name) => collect(whole.referrers(name, digest, options))))
        ).flat();
      })(),
    ),
}));

export default it;
