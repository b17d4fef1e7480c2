import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("checks references and does not say so", ["REFERENCE-06"], () => ({}), {
  capabilities: { checksReferences: false },
});

export default it;
