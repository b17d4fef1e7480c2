import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("reads a list when it is called", ["NAME-07"], (whole) => ({
  repositories: (options) => {
    const names = collect(whole.repositories(options));
    names.catch(() => undefined);
    return listOf(names);
  },
}));

export default it;
