import { mutant } from "../kit-mutant.ts";

export default mutant("does not write if a file of the name exists", ["LAYOUT-30"], (whole) => ({
  pushBlob: async (repo, descriptor, ...rest) =>
    whole.resolveBlob(repo, descriptor.digest).catch(() => whole.pushBlob(repo, descriptor, ...rest)),
}));
