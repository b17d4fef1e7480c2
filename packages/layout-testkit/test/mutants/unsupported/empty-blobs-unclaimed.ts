import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "stores empty blobs although its capabilities exclude it",
  ["UNSUPPORTED-09"],
  () => ({}),
  { capabilities: { emptyBlobs: false } },
);

export default it;
