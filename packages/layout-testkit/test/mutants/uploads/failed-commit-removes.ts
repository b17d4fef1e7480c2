import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters, unless } from "../mutant.ts";

const it: Mutant = mutant("removes the existing blob if a commit fails", ["UPLOAD-03"], (whole) =>
  changeWriters(whole, (writer, repo) => ({
    commit: (digest) =>
      unless(writer.commit(digest), "DIGEST_INVALID", async (error) => {
        await whole.deleteBlob(repo, digest).catch(() => undefined);
        throw error;
      }),
  })),
);

export default it;
