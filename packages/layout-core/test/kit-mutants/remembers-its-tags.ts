import { collect } from "@ocilayout/oci-types";

import { after, mutant } from "../kit-mutant.ts";

export default mutant(
  "lists tags from memory, but for those that it pushes itself",
  ["LAYOUT-24", "LAYOUT-26"],
  (whole) => {
    const remembered: Map<string, string[]> = new Map();
    return {
      ...after(whole, ["pushManifest"], async (repo: string) => {
        remembered.set(repo, await collect(whole.tags(repo)));
      }),
      async *tags(repo) {
        const tags = remembered.get(repo) ?? (await collect(whole.tags(repo)));
        remembered.set(repo, tags);
        yield* tags;
      },
    };
  },
);
