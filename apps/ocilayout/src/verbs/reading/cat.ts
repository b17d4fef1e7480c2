import { readImage } from "@ocilayout/oci-image";

import { UsageError } from "../../errors/usage-error.ts";
import { required } from "../../parsing/spec.ts";
import { blob, platform } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { placeOf, readTarget } from "../../places/reference.ts";

/** `ocilayout cat`: prints the bytes of a manifest or blob. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A tag or digest, such as images/app:v1") },
  options: { blob, platform },
  examples: [
    ["ocilayout cat images/team/app:v1 | jq .layers", "Print a manifest, by its tag"],
    ["ocilayout cat --blob images/team/app@sha256:… > layer.tar.gz", "Save a config or layer, by its digest"],
  ],
  run: (args, { output, signal }) =>
    withPlace(args.path, args.places, { purpose: "read", signal, output }, async (target) => {
      const { registry, repository, tag, digest } = target;
      if (args.blob && (digest === undefined || tag !== undefined))
        throw new UsageError("--blob needs a digest, not a tag: PATH@DIGEST");
      if (args.blob && args.platform !== undefined)
        throw new UsageError("cannot use --platform with --blob: leave one of them out");
      const open = async () => {
        if (args.blob && digest !== undefined) return registry.getBlob(repository, digest, { signal });
        if (args.platform === undefined) return readTarget(target, { signal });
        const place = await placeOf(target, { signal });
        const { descriptor } = await readImage(place, { platform: args.platform, signal });
        return registry.getManifest(place.repository, descriptor.digest, { signal });
      };
      const reader = await open();
      try {
        for await (const chunk of reader) await output.data(chunk);
      } finally {
        await reader.close();
      }
      return undefined;
    }),
});
