import { existsSync } from "node:fs";
import { join } from "node:path";

import { readIndex } from "../helpers.ts";
import { editEntries, mutant, refNameOf } from "../kit-mutant.ts";

export default mutant("changes the digest within the entry of a tag", ["LAYOUT-23"], (whole, directory) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const entries = existsSync(join(directory, "index.json")) ? readIndex(directory).manifests : [];
    const names = (options?.tags ?? []).map((tag) => `${repo}:${tag}`);
    const old = entries.find((entry) => names.includes(refNameOf(entry) ?? ""));
    const { digest, ...rest } = await whole.pushManifest(repo, content, mediaType, options);
    if (old !== undefined)
      editEntries(directory, (now) =>
        now.flatMap((entry) =>
          entry.digest === digest ? { ...old, digest } : entry.digest === old.digest ? [] : entry,
        ),
      );
    return { digest, ...rest };
  },
}));
