import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Descriptor, ImageIndex } from "@ocilayout/oci-types";

import { mutant } from "../kit-mutant.ts";

export default mutant("describes a child as its index does", ["LAYOUT-64"], (whole, directory) => ({
  resolveManifest: async (...args) => {
    const { mediaType, digest, size } = claim(directory, args[1]) ?? (await whole.resolveManifest(...args));
    return { mediaType, digest, size };
  },
}));

function claim(directory: string, digest: string): Descriptor | undefined {
  const blobs = join(directory, "blobs", "sha256");
  const documents = readdirSync(blobs).map(
    (name) => JSON.parse(readFileSync(join(blobs, name), "utf8")) as Partial<ImageIndex>,
  );
  return documents.flatMap(({ manifests = [] }) => manifests).find((child) => child.digest === digest);
}
