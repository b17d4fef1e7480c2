import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "resolves a deletion that it does not support",
  ["UNSUPPORTED-01"],
  () => ({ deleteTag: async () => undefined }),
  { capabilities: { deleteTag: false } },
);

export default it;
