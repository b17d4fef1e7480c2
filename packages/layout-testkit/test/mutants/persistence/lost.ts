import { createMemoryRegistry } from "../../../src/memory/index.ts";
import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "loses everything when it is opened again",
  ["OPEN-01", "OPEN-05", "OPEN-07"],
  () => ({}),
  { reopen: () => createMemoryRegistry() },
);

export default it;
