import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, listOf } from "../mutant.ts";

const it: Mutant = mutant("compares subjects with invalid digests", ["REFERRER-12"], (whole) => ({
  referrers: (repo, digest, options) =>
    listOf(unless(collect(whole.referrers(repo, digest, options)), "DIGEST_INVALID", () => [])),
}));

export default it;
