import type { Descriptor } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf, documentOf } from "../mutant.ts";

const it: Mutant = mutant("lists deleted referrers", ["REFERRER-05"], (whole) => {
  const kept: Map<string, Descriptor[]> = new Map();
  return {
    referrers: (repo, digest, options) =>
      listOf(
        (async () =>
          collect(whole.referrers(repo, digest, options)).then((found) => [
            ...(kept.get(digest) ?? []),
            ...found,
          ]))(),
      ),
    deleteManifest: async (repo, digest, options) => {
      const subject = await whole.getManifest(repo, digest).then(
        async (reader) => (documentOf(await reader.bytes()) as { subject?: Descriptor }).subject,
        () => undefined,
      );
      const found = subject === undefined ? [] : await collect(whole.referrers(repo, subject.digest));
      await whole.deleteManifest(repo, digest, options);
      if (subject !== undefined)
        kept.set(
          subject.digest,
          found.filter((it) => it.digest === digest),
        );
    },
  };
});

export default it;
