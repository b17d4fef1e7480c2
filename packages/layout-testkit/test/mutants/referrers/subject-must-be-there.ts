import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("lists no referrers of a missing subject", ["REFERRER-01"], (whole) => ({
  referrers: (repo, digest, options) =>
    listOf(
      (async () => {
        const found = await collect(whole.referrers(repo, digest, options));
        return (await whole.resolveManifest(repo, digest).then(
          () => true,
          () => false,
        ))
          ? found
          : [];
      })(),
    ),
}));

export default it;
