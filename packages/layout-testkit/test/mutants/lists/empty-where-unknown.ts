import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, unless, listOf } from "../mutant.ts";

const it: Mutant = mutant("lists no tags for an unknown repository", ["LIST-04"], (whole) => ({
  tags: (repo, options) => listOf(unless(collect(whole.tags(repo, options)), "NAME_UNKNOWN", () => [])),
}));

export default it;
