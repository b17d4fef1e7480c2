import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "mounts without a source although its capabilities exclude it",
  ["MOUNT-08"],
  () => ({}),
  { capabilities: { anonymousMounts: false } },
);

export default it;
