import { writeJson } from "../../output/output.ts";
import { Table } from "../../output/table.ts";
import { formatSize, printable } from "../../output/text.ts";
import { requireMediaType } from "../../parsing/media-type.ts";
import { required, text } from "../../parsing/spec.ts";
import { platform } from "../../parsing/specs.ts";
import { readImage } from "@ocilayout/oci-image";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { placeOf, resolvePlace } from "../../places/reference.ts";

/** `ocilayout referrers`: lists the manifests whose subject is a manifest. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A tag or digest, such as images/app:v1") },
  options: {
    "artifact-type": text("TYPE", "Only referrers of this type, such as application/spdx+json"),
    platform,
  },
  examples: [
    ["ocilayout referrers images/team/app:v1", "List what is attached to an image"],
    [
      "ocilayout referrers images/team/app:v1 --artifact-type application/spdx+json --json",
      "List the SBOMs as JSON",
    ],
  ],
  run: async (args, { output, signal }) => {
    if (args["artifact-type"] !== undefined) requireMediaType(args["artifact-type"]);
    return withPlace(args.path, args.places, { purpose: "read", signal, output }, async (target) => {
      const place = await placeOf(target, { signal });
      const { digest } =
        args.platform === undefined
          ? await resolvePlace(place, { signal })
          : (await readImage(place, { platform: args.platform, signal })).descriptor;
      const options = { artifactType: args["artifact-type"], signal };
      const table = new Table(output);
      for await (const referrer of target.registry.referrers(place.repository, digest, options)) {
        if (args.json) await writeJson(output, referrer);
        else
          await table.row([
            { digest: referrer.digest },
            printable(referrer.artifactType ?? referrer.mediaType),
            formatSize(referrer.size),
          ]);
      }
      await table.end();
      return undefined;
    });
  },
});
