import { lstatSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { before, mutant, pushes } from "../kit-mutant.ts";

export default mutant("writes its lock through a link", ["LAYOUT-80"], (whole, directory) =>
  before(whole, pushes, () => {
    const lock = join(directory, ".index.json.lock");
    if (lstatSync(lock, { throwIfNoEntry: false })?.isDirectory() === true) return;
    writeFileSync(lock, "");
    rmSync(lock);
  }),
);
