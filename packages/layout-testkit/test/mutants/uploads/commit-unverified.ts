import type { Mutant } from "../mutant.ts";
import { mutant, pretend, unless, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("commits without verification", ["UPLOAD-02"], (whole) =>
  changeWriters(whole, (writer) => ({
    commit: (digest) => unless(writer.commit(digest), "DIGEST_INVALID", () => pretend(digest, writer.size)),
  })),
);

export default it;
