import type { Descriptor } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("returns its stored list of referrers without a copy", ["REFERRER-11"], (whole) => {
  const kept: Map<string, Descriptor[]> = new Map();
  return {
    referrers: (repo, digest, options) =>
      listOf(
        (async () => {
          const found = await collect(whole.referrers(repo, digest, options));
          const old = kept.get(`${repo} ${digest}`);
          if (
            old?.length === found.length &&
            options?.limit === undefined &&
            options?.startAfter === undefined &&
            options?.artifactType === undefined
          )
            return old;
          kept.set(`${repo} ${digest}`, found);
          return found;
        })(),
      ),
  };
});

export default it;
