import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("deletes the source with the mounted blob", ["MOUNT-05"], (whole) => {
  const sources: Map<string, string> = new Map();
  return {
    mountBlob: async (from, to, digest, options) => {
      const mounted = await whole.mountBlob(from, to, digest, options);
      if (from !== undefined) sources.set(to + digest, from);
      return mounted;
    },
    deleteBlob: async (repo, digest, options) => {
      await whole.deleteBlob(repo, digest, options);
      const source = sources.get(repo + digest);
      if (source !== undefined) await whole.deleteBlob(source, digest).catch(() => undefined);
    },
  };
});

export default it;
