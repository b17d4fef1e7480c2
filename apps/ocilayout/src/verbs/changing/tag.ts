import { tag } from "@ocilayout/oci-image";
import { isValidTag } from "@ocilayout/ociref";

import { UsageError } from "../../errors/usage-error.ts";
import { writeJson, writeText } from "../../output/output.ts";
import { many, required } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { nameOf, placeOf } from "../../places/reference.ts";

/** `ocilayout tag`: points tags at a manifest. */
export const verb: Verb = defineVerb({
  positionals: {
    path: required("A tag or digest, such as images/app:v1"),
    newtag: many("The new tags, in the same repository", "none"),
  },
  options: {},
  examples: [
    ["ocilayout tag images/team/app:v1 latest stable", "Point two more tags at the manifest of v1"],
    ["ocilayout tag images/team/app@sha256:… v0", "Tag a manifest by its digest"],
  ],
  run: async ({ path, newtag, places, json }, { output, signal }) => {
    const wrong = newtag.find((name): boolean => !isValidTag(name));
    if (wrong !== undefined) throw new UsageError(`${wrong} is not a valid tag`);
    return withPlace(path, places, { purpose: "change", signal, output }, async (target) => {
      const place = await placeOf(target, { signal });
      const { repository } = place;
      const manifest = await tag(place, newtag, { signal });
      const only = newtag.length === 1 ? newtag[0] : undefined;
      if (json) await writeJson(output, { repository, tag: only, tags: newtag, ...manifest });
      else
        for (const name of newtag)
          await writeText(output, `${nameOf(repository, { tag: name })}  ${manifest.digest}`);
      return undefined;
    });
  },
});
