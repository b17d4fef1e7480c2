import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("accepts a manifest whose references are missing", ["MANIFEST-03"], () => ({}), {
  memory: { allowSparse: true },
});

export default it;
