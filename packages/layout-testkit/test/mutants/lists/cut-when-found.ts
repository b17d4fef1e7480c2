import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "looks at a list's options only where there is something to list",
  ["LIST-90"],
  (whole) => ({
    async *referrers(repo, digest, options) {
      const found = await collect(whole.referrers(repo, digest));
      if (found.length > 0) yield* whole.referrers(repo, digest, options);
    },
  }),
);

export default it;
