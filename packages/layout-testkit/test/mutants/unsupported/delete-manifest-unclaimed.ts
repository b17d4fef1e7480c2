import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("deletes manifests and does not say so", ["UNSUPPORTED-02"], () => ({}), {
  capabilities: { deleteManifest: false },
});

export default it;
