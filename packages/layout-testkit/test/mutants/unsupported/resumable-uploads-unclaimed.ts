import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "has uploads although its capabilities exclude them",
  ["UNSUPPORTED-04"],
  () => ({}),
  {
    capabilities: { resumableUploads: false },
  },
);

export default it;
