import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "compares sizes with the stored content although its capabilities exclude it",
  ["REFERENCE-11"],
  () => ({}),
  { capabilities: { comparesReferences: false } },
);

export default it;
