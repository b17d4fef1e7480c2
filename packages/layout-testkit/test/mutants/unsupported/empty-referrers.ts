import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant(
  "returns an empty list of unsupported referrers",
  ["UNSUPPORTED-06"],
  () => ({ referrers: () => listOf(Promise.resolve([])) }),
  { capabilities: { referrers: false } },
);

export default it;
