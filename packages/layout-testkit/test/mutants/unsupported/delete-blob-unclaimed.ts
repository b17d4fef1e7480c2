import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("deletes blobs and does not say so", ["UNSUPPORTED-03"], () => ({}), {
  capabilities: { deleteBlob: false },
});

export default it;
