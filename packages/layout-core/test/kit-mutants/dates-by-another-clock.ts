import { utimesSync } from "node:fs";

import { blobPath } from "@ocilayout/testing";

import { after, mutant } from "../kit-mutant.ts";

export default mutant("dates blobs by a clock that stands at 1970", ["LAYOUT-81"], (whole, directory) =>
  after(whole, ["pushBlob"], (_repo: string, { digest }: { readonly digest: string }) => {
    utimesSync(blobPath(directory, digest), 1, 1);
  }),
);
