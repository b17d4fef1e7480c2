import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("gives the name of a tag with its descriptor", ["MANIFEST-02"], (whole) => ({
  resolveTag: async (repo, tag, options) => ({
    ...(await whole.resolveTag(repo, tag, options)),
    annotations: { "org.opencontainers.image.ref.name": tag },
  }),
}));

export default it;
