import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("lists tags in the order of their pushes", ["LIST-01"], (whole) => {
  const order: string[] = [];
  const place = (tag: string): number => order.indexOf(tag);
  return {
    pushManifest: async (repo, content, mediaType, options) => {
      const pushed = await whole.pushManifest(repo, content, mediaType, options);
      order.push(...(options?.tags ?? []));
      return pushed;
    },
    tags: (repo, options) =>
      listOf(collect(whole.tags(repo, options)).then((tags) => tags.sort((a, b) => place(a) - place(b)))),
  };
});

export default it;
