import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "deletes blobs although its capabilities exclude it",
  ["UNSUPPORTED-03"],
  () => ({}),
  {
    capabilities: { deleteBlob: false },
  },
);

export default it;
