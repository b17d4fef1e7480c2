import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

/** A name that the registry in memory takes, for one that is too long. */
function shortened(repo: string): string {
  return repo.length > 255 && /^[a-z/]+$/.test(repo) ? repo.slice(-200).replace(/^\/|\/$/, "") : repo;
}

const it: Mutant = mutant("takes repository names of any length", ["NAME-90"], (whole) => ({
  pushBlob: async (repo, descriptor, content, options) =>
    whole.pushBlob(shortened(repo), descriptor, content, options),
  resolveTag: async (repo, tag, options) => whole.resolveTag(shortened(repo), tag, options),
}));

export default it;
