import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("deletes a child of an index", ["DELETE-05"], (whole) => ({
  deleteManifest: (...args) => unless(whole.deleteManifest(...args), "DENIED", () => undefined),
}));

export default it;
