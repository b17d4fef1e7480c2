import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("loses a mounted blob with its source", ["MOUNT-05"], (whole) => {
  const sources: Map<string, string> = new Map();
  return {
    mountBlob: async (from, to, digest, options) => {
      const mounted = await whole.mountBlob(from, to, digest, options);
      if (from !== undefined) sources.set(`${to} ${digest}`, from);
      return mounted;
    },
    getBlob: async (repo, digest, options) =>
      whole.getBlob(sources.get(`${repo} ${digest}`) ?? repo, digest, options),
  };
});

export default it;
