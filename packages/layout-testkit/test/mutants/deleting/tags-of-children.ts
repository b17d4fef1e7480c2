import { collect } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { documentOf, mutant } from "../mutant.ts";

const it: Mutant = mutant("removes the tags of an index's children", ["DELETE-13"], (whole) => ({
  async pushManifest(repo, content, mediaType, options) {
    const pushed = await whole.pushManifest(repo, content, mediaType, options);
    const children = JSON.stringify(documentOf(content)["manifests"] ?? null);
    for (const tag of await collect(whole.tags(repo)))
      if (children.includes((await whole.resolveTag(repo, tag)).digest)) await whole.deleteTag(repo, tag);
    return pushed;
  },
}));

export default it;
