import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("lists repositories and does not say so", ["UNSUPPORTED-07"], () => ({}), {
  capabilities: { repositories: false },
});

export default it;
