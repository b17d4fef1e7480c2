import { writeJson, writeText } from "../../output/output.ts";
import { describeManifest } from "../../images/describe-manifest.ts";
import { drawSummary } from "../../images/draw-summary.ts";
import { required } from "../../parsing/spec.ts";
import { platform } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { placeOf } from "../../places/reference.ts";

/** `ocilayout inspect`: describes an image, an index or an artifact. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A tag or digest, such as images/app:v1") },
  options: { platform },
  examples: [
    ["ocilayout inspect images/team/app:v1", "Describe an image, or the images of an index"],
    ["ocilayout inspect docker://alpine:3 --platform linux/arm64", "Describe one image of an index"],
    [
      "ocilayout inspect images/team/app:v1 --json | jq -r .layers[].digest",
      "Print the digests of the layers",
    ],
  ],
  run: (args, { output, signal }) =>
    withPlace(args.path, args.places, { purpose: "read", signal, output }, async (target) => {
      const place = await placeOf(target, { signal });
      const summary = await describeManifest(place, { platform: args.platform, signal });
      if (args.json) await writeJson(output, summary);
      else for (const line of drawSummary(summary)) await writeText(output, line);
      return undefined;
    }),
});
