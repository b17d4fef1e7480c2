import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("does not read the artifact type from the config", ["REFERRER-03"], (whole) => ({
  referrers: (repo, digest, options) =>
    listOf(
      (async () => {
        const found = await collect(whole.referrers(repo, digest, options));
        return found.map((it) => ({
          ...it,
          artifactType: it.artifactType?.includes("config") === true ? undefined : it.artifactType,
        }));
      })(),
    ),
}));

export default it;
