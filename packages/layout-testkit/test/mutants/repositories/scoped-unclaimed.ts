import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "has blobs for each repository and does not say so",
  ["SCOPE-02", "MOUNT-06"],
  () => ({}),
  { capabilities: { repositoryScopedBlobs: false } },
);

export default it;
