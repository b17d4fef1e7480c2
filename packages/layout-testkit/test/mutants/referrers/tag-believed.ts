import type { Descriptor } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf, documentOf } from "../mutant.ts";

const it: Mutant = mutant("trusts the children of the referrers tag", ["REFERRER-09"], (whole) => ({
  referrers: (repo, digest, options) =>
    listOf(
      (async () => {
        const found = await collect(whole.referrers(repo, digest, options));
        const listed = await whole.getTag(repo, digest.replace(":", "-")).then(
          async (reader) => (documentOf(await reader.bytes()) as { manifests?: Descriptor[] }).manifests,
          () => undefined,
        );
        return [
          ...found,
          ...(listed ?? []).filter((it) => !found.some((other) => other.digest === it.digest)),
        ];
      })(),
    ),
}));

export default it;
