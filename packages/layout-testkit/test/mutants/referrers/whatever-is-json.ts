import type { Descriptor } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, listOf, mutant } from "../mutant.ts";

const it: Mutant = mutant("reads a subject from any JSON document", ["REFERRER-14"], (whole) => {
  const others: { readonly about: unknown; readonly descriptor: Descriptor }[] = [];
  return {
    pushManifest: async (repo, content, mediaType, options) => {
      const descriptor = await whole.pushManifest(repo, content, mediaType, options);
      const { subject } = documentOf(content) as { readonly subject?: Descriptor };
      if (!mediaType.includes("manifest")) others.push({ about: subject?.digest, descriptor });
      return descriptor;
    },
    referrers: (repo, digest, options) =>
      listOf(
        (async () => [
          ...(await collect(whole.referrers(repo, digest, options))),
          ...others.filter(({ about }) => about === digest).map(({ descriptor }) => descriptor),
        ])(),
      ),
  };
});

export default it;
