import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "separates blobs by repository although its capabilities exclude it",
  ["SCOPE-02", "MOUNT-06"],
  () => ({}),
  { capabilities: { repositoryScopedBlobs: false } },
);

export default it;
