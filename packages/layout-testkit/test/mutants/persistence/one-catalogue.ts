import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("reads the list of repositories only once", ["OPEN-10"], (whole) => {
  let names: string[] | undefined;
  return {
    async *repositories() {
      yield* (names ??= await collect(whole.repositories()));
    },
  };
});

export default it;
