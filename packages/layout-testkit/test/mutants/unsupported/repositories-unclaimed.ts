import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "lists repositories although its capabilities exclude it",
  ["UNSUPPORTED-07"],
  () => ({}),
  {
    capabilities: { repositories: false },
  },
);

export default it;
