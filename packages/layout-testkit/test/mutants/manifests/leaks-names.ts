import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("returns the name of a tag in its descriptor", ["MANIFEST-02"], (whole) => ({
  resolveTag: async (repo, tag, options) => ({
    ...(await whole.resolveTag(repo, tag, options)),
    annotations: { "org.opencontainers.image.ref.name": tag },
  }),
}));

export default it;
