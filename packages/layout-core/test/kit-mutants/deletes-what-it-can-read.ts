import { before, mutant } from "../kit-mutant.ts";

export default mutant("reads a manifest before it deletes it", ["LAYOUT-48"], (whole) =>
  before(whole, ["deleteManifest"], async (repo: string, digest: string) =>
    (await whole.getManifest(repo, digest)).bytes(),
  ),
);
