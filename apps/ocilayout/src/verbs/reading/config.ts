import { readImage } from "@ocilayout/oci-image";

import { writeJson, writeText } from "../../output/output.ts";
import { printable } from "../../output/text.ts";
import { required } from "../../parsing/spec.ts";
import { imagePlatform } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { placeOf } from "../../places/reference.ts";

/** `ocilayout config`: prints the config of an image. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A tag or digest, such as images/app:v1") },
  options: { platform: imagePlatform },
  examples: [
    ["ocilayout config images/team/app:v1", "Print the config, indented"],
    [
      "ocilayout config images/team/app:v1 --platform linux/arm64 --json | jq .config.Env",
      "Print one member",
    ],
  ],
  run: (args, { output, signal }) =>
    withPlace(args.path, args.places, { purpose: "read", signal, output }, async (target) => {
      const place = await placeOf(target, { signal });
      const { config } = await readImage(place, { platform: args.platform, signal });
      if (args.json) await writeJson(output, config);
      else
        for (const line of JSON.stringify(config, null, 2).split("\n"))
          await writeText(output, printable(line));
      return undefined;
    }),
});
