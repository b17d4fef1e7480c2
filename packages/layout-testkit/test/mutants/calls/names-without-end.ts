import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

/** Maps a name that is too long to one that the registry in memory accepts. */
function shortened(repo: string): string {
  return repo.length > 255 && /^[a-z/]+$/.test(repo) ? repo.slice(-200).replace(/^\/|\/$/, "") : repo;
}

const it: Mutant = mutant("accepts repository names of any length", ["NAME-90"], (whole) => ({
  pushBlob: async (repo, descriptor, content, options) =>
    whole.pushBlob(shortened(repo), descriptor, content, options),
  resolveTag: async (repo, tag, options) => whole.resolveTag(shortened(repo), tag, options),
}));

export default it;
