import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "lists referrers although its capabilities exclude it",
  ["UNSUPPORTED-06"],
  () => ({}),
  {
    capabilities: { referrers: false },
  },
);

export default it;
