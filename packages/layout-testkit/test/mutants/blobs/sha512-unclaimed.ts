import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("supports sha512 although its capabilities exclude it", ["BLOB-13"], () => ({}), {
  capabilities: { sha512: false },
});

export default it;
