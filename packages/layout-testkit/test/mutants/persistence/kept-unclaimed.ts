import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("keeps its content and does not say so", ["OPEN-08"], () => ({}), {
  capabilities: { persistent: false },
});

export default it;
