import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("keeps referrers in memory", ["OPEN-07"], (whole) => {
  const own: Set<string> = new Set();
  return {
    pushManifest: async (...args) => {
      const pushed = await whole.pushManifest(...args);
      own.add(pushed.digest);
      return pushed;
    },
    referrers: async function* (...args) {
      for await (const it of whole.referrers(...args)) if (own.has(it.digest)) yield it;
    },
  };
});

export default it;
