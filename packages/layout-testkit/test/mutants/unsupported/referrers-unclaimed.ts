import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("lists referrers and does not say so", ["UNSUPPORTED-06"], () => ({}), {
  capabilities: { referrers: false },
});

export default it;
