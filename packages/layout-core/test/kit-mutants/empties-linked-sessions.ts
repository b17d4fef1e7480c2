import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { after, mutant } from "../kit-mutant.ts";

export default mutant(
  "removes everything in a session that is over, wherever it leads",
  ["LAYOUT-70"],
  (whole, directory) =>
    after(whole, ["pushBlobChunked"], () => {
      const uploads = join(directory, "_uploads");
      const links = readdirSync(uploads, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink());
      for (const { name } of links)
        for (const file of readdirSync(join(uploads, name))) rmSync(join(uploads, name, file));
    }),
);
