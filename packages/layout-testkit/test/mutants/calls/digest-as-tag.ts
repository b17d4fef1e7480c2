import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("accepts a digest as a tag", ["NAME-03"], (whole) => ({
  getTag: (repo, tag, options) =>
    typeof tag === "string" && tag.includes(":")
      ? whole.getManifest(repo, tag, options)
      : whole.getTag(repo, tag, options),
}));

export default it;
