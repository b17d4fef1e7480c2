import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("mounts and does not say so", ["UNSUPPORTED-05"], () => ({}), {
  capabilities: { mount: false },
});

export default it;
