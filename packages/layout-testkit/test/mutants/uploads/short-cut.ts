import type { Mutant } from "../mutant.ts";
import { mutant, unless, changeWriters } from "../mutant.ts";

const it: Mutant = mutant(
  "does not verify an upload whose digest is already stored",
  ["UPLOAD-03"],
  (whole) =>
    changeWriters(whole, (writer, repo) => ({
      commit: (digest) =>
        unless(writer.commit(digest), "DIGEST_INVALID", async (error) =>
          whole.resolveBlob(repo, digest).catch(() => {
            throw error;
          }),
        ),
    })),
);

export default it;
