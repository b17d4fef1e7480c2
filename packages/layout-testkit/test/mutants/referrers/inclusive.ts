import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("includes startAfter in a list of referrers", ["REFERRER-06"], (whole) => ({
  referrers: (repo, digest, options) =>
    listOf(
      (async () => {
        const found = await collect(whole.referrers(repo, digest, options));
        const all = options?.startAfter === undefined ? [] : await collect(whole.referrers(repo, digest));
        return [...all.filter((it) => it.digest === options?.startAfter), ...found];
      })(),
    ),
}));

export default it;
