import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("rejects an unknown subject", ["REFERRER-02"], (whole) => ({
  referrers: (repo, digest, options) =>
    listOf(
      (async () => {
        const found = await collect(whole.referrers(repo, digest, options));
        if (found.length === 0) await whole.resolveManifest(repo, digest);
        return found;
      })(),
    ),
}));

export default it;
