import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "accepts sha512 although its capabilities exclude it",
  ["UNSUPPORTED-08"],
  () => ({}),
  {
    capabilities: { sha512: false },
  },
);

export default it;
