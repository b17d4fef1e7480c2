import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "deletes manifests although its capabilities exclude it",
  ["UNSUPPORTED-02"],
  () => ({}),
  {
    capabilities: { deleteManifest: false },
  },
);

export default it;
