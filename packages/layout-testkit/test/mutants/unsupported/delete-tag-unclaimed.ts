import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "deletes tags although its capabilities exclude it",
  ["UNSUPPORTED-01"],
  () => ({}),
  {
    capabilities: { deleteTag: false },
  },
);

export default it;
