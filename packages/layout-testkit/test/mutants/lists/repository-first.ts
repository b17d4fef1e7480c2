import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "looks for the repository before it validates a list's options",
  ["LIST-90"],
  (whole) => ({
    async *tags(repo, options) {
      for await (const tag of whole.tags(repo)) if (tag !== "") break;
      yield* whole.tags(repo, options);
    },
  }),
);

export default it;
