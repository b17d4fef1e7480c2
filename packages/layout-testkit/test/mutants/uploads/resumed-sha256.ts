import type { Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriter } from "../mutant.ts";

const it: Mutant = mutant("forgets the algorithm of a resumed upload", ["UPLOAD-19"], (whole) => ({
  pushBlobChunkedResume: async (...args) => {
    const writer = await whole.pushBlobChunkedResume(...args);
    const commit = async (digest: string): Promise<Descriptor> => {
      if (digest.startsWith("sha512:")) throw new RegistryError("DIGEST_INVALID");
      return writer.commit(digest);
    };
    return changeWriter(writer, { commit });
  },
}));

export default it;
