import { existsSync } from "node:fs";
import { join } from "node:path";

import { readIndex } from "../helpers.ts";
import { editEntries, mutant, refNameOf } from "../kit-mutant.ts";

export default mutant("replaces the first of the entries of a name", ["LAYOUT-17"], (whole, directory) => ({
  pushManifest: async (repo, content, mediaType, options) => {
    const names = (options?.tags ?? []).map((tag) => `${repo}:${tag}`);
    const entries = existsSync(join(directory, "index.json")) ? readIndex(directory).manifests : [];
    const others = entries.filter((entry) => names.includes(refNameOf(entry) ?? "")).slice(1);
    const descriptor = await whole.pushManifest(repo, content, mediaType, options);
    if (others.length > 0) editEntries(directory, (now) => [...now, ...others]);
    return descriptor;
  },
}));
