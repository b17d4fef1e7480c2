import { readImage } from "@ocilayout/oci-image";

import { writeJson, writeText } from "../../output/output.ts";
import { required } from "../../parsing/spec.ts";
import { platform } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { placeOf, resolvePlace } from "../../places/reference.ts";

/** `ocilayout digest`: prints the digest of a manifest. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A tag") },
  options: { platform },
  examples: [
    ["ocilayout digest images/team/app:v1", "Print the digest of an image or index"],
    [
      "ocilayout digest docker://alpine:3 --platform linux/arm64",
      "Print the digest of one image of an index",
    ],
  ],
  run: (args, { output, signal }) =>
    withPlace(args.path, args.places, { purpose: "read", signal, output }, async (target) => {
      const place = await placeOf(target, { signal });
      const descriptor =
        args.platform === undefined
          ? await resolvePlace(place, { signal })
          : (await readImage(place, { platform: args.platform, signal })).descriptor;
      const { mediaType, digest, size } = descriptor;
      if (args.json) await writeJson(output, { mediaType, digest, size });
      else await writeText(output, digest);
      return undefined;
    }),
});
