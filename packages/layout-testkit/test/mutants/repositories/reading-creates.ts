import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("creates a repository when it is read", ["REPOSITORY-03"], (whole) => {
  const made: Set<string> = new Set();
  return {
    resolveTag: async (repo, tag, options) => {
      if (/^[a-z/]+$/.test(repo)) made.add(repo);
      return whole.resolveTag(repo, tag, options);
    },
    repositories: (options) =>
      listOf(collect(whole.repositories(options)).then((names) => [...new Set([...names, ...made])].sort())),
  };
});

export default it;
