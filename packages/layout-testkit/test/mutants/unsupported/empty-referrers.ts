import type { Mutant } from "../mutant.ts";
import { mutant, listOf } from "../mutant.ts";

const it: Mutant = mutant(
  "lists no referrers where it does not support them",
  ["UNSUPPORTED-06"],
  () => ({ referrers: () => listOf(Promise.resolve([])) }),
  { capabilities: { referrers: false } },
);

export default it;
