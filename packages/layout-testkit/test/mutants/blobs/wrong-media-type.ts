import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("invents a media type for a blob", ["BLOB-01"], (whole) => ({
  resolveBlob: async (repo, digest, options) => ({
    ...(await whole.resolveBlob(repo, digest, options)),
    mediaType: "text/plain",
  }),
}));

export default it;
