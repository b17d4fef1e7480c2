import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "checks references although its capabilities exclude it",
  ["REFERENCE-06"],
  () => ({}),
  {
    capabilities: { checksReferences: false },
  },
);

export default it;
