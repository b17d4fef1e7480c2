import type { Mutant } from "../mutant.ts";
import { mutant, unless } from "../mutant.ts";

const it: Mutant = mutant("begins a session for an id that it never issued", ["UPLOAD-07"], (whole) => ({
  pushBlobChunkedResume: (repo, id, options) =>
    unless(whole.pushBlobChunkedResume(repo, id, options), "BLOB_UPLOAD_UNKNOWN", () =>
      whole.pushBlobChunked(repo),
    ),
}));

export default it;
