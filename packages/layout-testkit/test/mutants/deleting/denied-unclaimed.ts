import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "refuses to delete referenced content although its capabilities exclude it",
  ["DELETE-19"],
  () => ({}),
  { capabilities: { deniesReferenced: false } },
);

export default it;
