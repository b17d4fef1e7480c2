import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("takes sha512, which it does not promise", ["UNSUPPORTED-08"], () => ({}), {
  capabilities: { sha512: false },
});

export default it;
