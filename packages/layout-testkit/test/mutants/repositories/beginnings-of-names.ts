import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant(
  "lists the tags of every repository whose name has the same prefix",
  ["REPOSITORY-04"],
  (whole) => ({
    tags: (repo, options) =>
      listOf(
        (async () => {
          const own = await collect(whole.tags(repo, options));
          if (options?.limit !== undefined || options?.startAfter !== undefined) return own;
          const names = (await collect(whole.repositories())).filter((name) => name.startsWith(repo));
          return [
            ...new Set([
              ...own,
              ...(await Promise.all(names.map((name) => collect(whole.tags(name, options))))).flat(),
            ]),
          ].sort();
        })(),
      ),
  }),
);

export default it;
