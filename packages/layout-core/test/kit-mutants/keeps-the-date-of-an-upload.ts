import { statSync, utimesSync } from "node:fs";
import { join } from "node:path";

import type { BlobWriter } from "@ocilayout/oci-types";
import { blobPath } from "@ocilayout/testing";

import { mutant } from "../kit-mutant.ts";

export default mutant("dates a blob like the last byte of its upload", ["LAYOUT-86"], (whole, directory) => ({
  pushBlobChunked: async (repo, options): Promise<BlobWriter> => {
    const writer = await whole.pushBlobChunked(repo, options);
    const commit = writer.commit.bind(writer);
    writer.commit = async (digest) => {
      const { atime, mtime } = statSync(join(directory, "_uploads", writer.id, "data"));
      const committed = await commit(digest);
      utimesSync(blobPath(directory, digest), atime, mtime);
      return committed;
    };
    return writer;
  },
}));
