import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "mounts blobs although its capabilities exclude it",
  ["UNSUPPORTED-05"],
  () => ({}),
  {
    capabilities: { mount: false },
  },
);

export default it;
