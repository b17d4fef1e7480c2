import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("has one set of blobs for all repositories", ["SCOPE-01"], () => ({}), {
  memory: { repositoryScopedBlobs: false },
});

export default it;
