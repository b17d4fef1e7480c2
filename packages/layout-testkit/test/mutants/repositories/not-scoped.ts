import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("shares blobs between repositories", ["SCOPE-01"], () => ({}), {
  memory: { repositoryScopedBlobs: false },
});

export default it;
