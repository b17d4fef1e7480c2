import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("validates a list's options only if the list has items", ["LIST-90"], (whole) => ({
  async *referrers(repo, digest, options) {
    const found = await collect(whole.referrers(repo, digest));
    if (found.length > 0) yield* whole.referrers(repo, digest, options);
  },
}));

export default it;
