import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("searches for the exact tag of startAfter", ["LIST-02"], (whole) => ({
  tags: (repo, options) =>
    listOf(
      (async () => {
        const tags = await collect(whole.tags(repo, options));
        const { startAfter } = options ?? {};
        return startAfter && !(await collect(whole.tags(repo))).includes(startAfter) ? [] : tags;
      })(),
    ),
}));

export default it;
