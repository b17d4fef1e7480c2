import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("takes a manifest whose parts are missing", ["MANIFEST-03"], () => ({}), {
  memory: { allowSparse: true },
});

export default it;
