import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf, documentOf } from "../mutant.ts";

const it: Mutant = mutant("lists no referrers of referrers", ["REFERRER-10"], (whole) => ({
  referrers: (repo, digest, options) =>
    listOf(
      (async () => {
        const found = await collect(whole.referrers(repo, digest, options));
        const subject = await whole.getManifest(repo, digest).then(
          async (reader) => documentOf(await reader.bytes())["subject"],
          () => undefined,
        );
        return subject === undefined ? found : [];
      })(),
    ),
}));

export default it;
