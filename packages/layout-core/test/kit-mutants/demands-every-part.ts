import { existsSync } from "node:fs";
import { join } from "node:path";

import { RegistryError } from "@ocilayout/oci-types";

import { beforeEvery, mutant } from "../kit-mutant.ts";

export default mutant("takes every missing part for damage", ["LAYOUT-37", "LAYOUT-38"], (whole, directory) =>
  beforeEvery(whole, () => {
    const there = ["oci-layout", "index.json", "blobs"].filter((part) => existsSync(join(directory, part)));
    if (there.length === 1 || there.length === 2) throw new RegistryError("LAYOUT_INVALID");
  }),
);
