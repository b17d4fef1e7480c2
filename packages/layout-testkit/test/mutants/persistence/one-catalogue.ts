import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("makes its list of repositories once", ["OPEN-10"], (whole) => {
  let names: string[] | undefined;
  return {
    async *repositories() {
      yield* (names ??= await collect(whole.repositories()));
    },
  };
});

export default it;
