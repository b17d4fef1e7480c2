import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant("lists repositories in the order of directories", ["REPOSITORY-01"], (whole) => ({
  repositories: (options) =>
    listOf(
      collect(whole.repositories(options)).then((names) =>
        names.sort((a, b) => (a.replaceAll("/", "\0") < b.replaceAll("/", "\0") ? -1 : 1)),
      ),
    ),
}));

export default it;
