import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("adds uploaded blobs to every repository", ["SCOPE-01"], (whole) =>
  changeWriters(whole, (writer, repo) => ({
    commit: async (digest) => {
      const committed = await writer.commit(digest);
      for (const name of await collect(whole.repositories())) await whole.mountBlob(repo, name, digest);
      return committed;
    },
  })),
);

export default it;
