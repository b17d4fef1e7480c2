import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("creates a session for an unknown id", ["UPLOAD-07"], (whole) => ({
  pushBlobChunkedResume: (repo, id, options) =>
    unless(whole.pushBlobChunkedResume(repo, id, options), "BLOB_UPLOAD_UNKNOWN", () =>
      whole.pushBlobChunked(repo),
    ),
}));

export default it;
