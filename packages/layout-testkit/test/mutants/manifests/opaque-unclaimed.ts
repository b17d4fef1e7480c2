import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "stores manifests of unknown types although its capabilities exclude it",
  ["MANIFEST-22"],
  () => ({}),
  { capabilities: { opaqueManifests: false } },
);

export default it;
