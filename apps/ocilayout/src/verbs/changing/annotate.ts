import { annotate } from "@ocilayout/oci-image";

import { UsageError } from "../../errors/usage-error.ts";
import { runEdit } from "../../images/run-edit.ts";
import { parsePairs } from "../../parsing/pairs.ts";
import { list, many, required, text } from "../../parsing/spec.ts";
import { platform } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";

/** `ocilayout annotate`: changes annotations. */
export const verb: Verb = defineVerb({
  positionals: {
    path: required(
      "A tag, which moves to the result, or a digest; SBOMs and signatures stay attached to the old image",
    ),
    annotations: many("Annotations to set: KEY=VALUE", "none", false),
  },
  options: {
    remove: list("KEY", "Remove this annotation"),
    tag: text("TAG", "Point this tag at the result, and leave the tag of PATH where it is"),
    platform,
  },
  examples: [
    ["ocilayout annotate images/team/app:v1 team=a", "Set an annotation of an image or index"],
    ["ocilayout annotate images/team/app:v1 --remove team --tag v2", "Remove one, and tag the result v2"],
  ],
  run: async (args, { output, signal }) => {
    const changes: Record<string, string | null> = { ...parsePairs(args.annotations, "annotate") };
    for (const key of args.remove) {
      if (Object.hasOwn(changes, key)) throw new UsageError(`cannot set and remove the annotation ${key}`);
      changes[key] = null;
    }
    if (Object.keys(changes).length === 0)
      throw new UsageError(
        "annotate needs KEY=VALUE or --remove KEY: ocilayout annotate <path> [annotations..]",
      );
    const { platform, tag, json } = args;
    return withPlace(args.path, args.places, { purpose: "change", signal, output }, (target) =>
      runEdit(target, { tag, json, output, signal }, (place, tags) =>
        annotate(place, changes, { platform, tags, signal }),
      ),
    );
  },
});
