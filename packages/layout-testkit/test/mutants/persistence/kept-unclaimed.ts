import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("keeps its content although its capabilities exclude it", ["OPEN-08"], () => ({}), {
  capabilities: { persistent: false },
});

export default it;
