import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("reads the current tags at each step of a list", ["LIST-06"], (whole) => ({
  tags: async function* (repo, options) {
    let startAfter = options?.startAfter;
    for (let left = options?.limit ?? 1000; left > 0; left -= 1) {
      const [next] = await collect(whole.tags(repo, { ...options, startAfter, limit: 1 }));
      if (next === undefined) return;
      yield next;
      startAfter = next;
    }
    await collect(whole.tags(repo, { ...options, limit: options?.limit ?? 0 }));
  },
}));

export default it;
