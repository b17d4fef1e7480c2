import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "checks a precondition of several tags although its capabilities exclude it",
  ["TAG-11"],
  () => ({}),
  { capabilities: { atomicTags: false } },
);

export default it;
