import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("stores the whole buffer behind an array", ["SOURCE-01"], (whole) => ({
  pushBlob: (repo, descriptor, content, options) =>
    whole.pushBlob(
      repo,
      descriptor,
      content instanceof Uint8Array ? new Uint8Array(content.buffer) : content,
      options,
    ),
}));

export default it;
