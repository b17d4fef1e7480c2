import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("has uploads and does not say so", ["UNSUPPORTED-04"], () => ({}), {
  capabilities: { resumableUploads: false },
});

export default it;
