import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("resolves deletions of missing manifests", ["DELETE-03"], (whole) => ({
  deleteTag: (...args) => unless(whole.deleteTag(...args), "MANIFEST_UNKNOWN", () => undefined),
}));

export default it;
