import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("merges concurrent pushes to two repositories", ["TOGETHER-08"], (whole) => {
  const running: Map<string, ReturnType<typeof whole.pushManifest>> = new Map();
  return {
    pushManifest: async (repo, content, mediaType, options) => {
      const key = content instanceof Uint8Array ? Buffer.from(content).toString("hex") : "";
      const same = running.get(key);
      if (same !== undefined && key !== "" && options?.digest === undefined && options?.ifMatch === undefined)
        return same;
      const push = whole.pushManifest(repo, content, mediaType, options);
      running.set(key, push);
      return push.finally(() => running.delete(key));
    },
  };
});

export default it;
