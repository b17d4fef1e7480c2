import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("includes startAfter in a list", ["LIST-02"], (whole) => ({
  tags: (repo, options) =>
    listOf(
      (async () => {
        const tags = await collect(whole.tags(repo, options));
        const all = options?.startAfter === undefined ? [] : await collect(whole.tags(repo));
        return options?.startAfter !== undefined && all.includes(options.startAfter)
          ? [options.startAfter, ...tags]
          : tags;
      })(),
    ),
}));

export default it;
