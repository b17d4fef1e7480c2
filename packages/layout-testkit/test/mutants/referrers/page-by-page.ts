import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("reads referrers one by one during the iteration", ["REFERRER-16"], (whole) => ({
  referrers: async function* (repo, digest, options) {
    let startAfter = options?.startAfter;
    for (let left = options?.limit ?? Infinity; left > 0; left -= 1) {
      const [next] = await collect(whole.referrers(repo, digest, { ...options, startAfter, limit: 1 }));
      if (next === undefined) return;
      yield next;
      startAfter = next.digest;
    }
  },
}));

export default it;
