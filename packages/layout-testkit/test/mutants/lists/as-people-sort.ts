import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("sorts tags by locale", ["LIST-01"], (whole) => ({
  tags: (repo, options) =>
    listOf(collect(whole.tags(repo, options)).then((tags) => tags.sort((a, b) => a.localeCompare(b)))),
}));

export default it;
