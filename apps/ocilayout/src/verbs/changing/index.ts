import type { ListedManifest } from "@ocilayout/oci-image";
import { buildIndex, copy, readImage } from "@ocilayout/oci-image";

import { UsageError } from "../../errors/usage-error.ts";
import { showTransfers } from "../../images/transfer.ts";
import { type Output, writeJson, writeText } from "../../output/output.ts";
import { withProgress } from "../../output/progress.ts";
import { countOf } from "../../output/text.ts";
import { parsePairs } from "../../parsing/pairs.ts";
import type { PlaceOptions } from "../../parsing/place-options.ts";
import { list, many, required } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { nameOf, placeOf, requireRepositoryOf } from "../../places/reference.ts";
import { referenceWithin } from "../../places/sibling.ts";
import type { OpenTarget } from "../../places/target.ts";

/** `ocilayout index`: makes an image index. */
export const verb: Verb = defineVerb({
  positionals: {
    path: required("The tag of the index"),
    images: many("Tags or digests of the same repository, or other places, from which they are copied"),
  },
  options: {
    annotation: list("KEY=VALUE", "An annotation of the index"),
    platform: list("OS/ARCHITECTURE", "Take only the image for this platform from each index that is given"),
  },
  examples: [
    ["ocilayout index images/team/app:v1 amd64 arm64", "Combine two tags of the repository team/app"],
    [
      "ocilayout index images/app:v1 docker://localhost:5000/app:amd64 app-arm64.tar",
      "Combine images from elsewhere",
    ],
  ],
  run: async (args, { output, signal }) => {
    const annotations = parsePairs(args.annotation, "--annotation");
    return withPlace(args.path, args.places, { purpose: "create", signal, output }, async (target) => {
      const { registry, tag, digest } = target;
      if (tag === undefined || digest !== undefined)
        throw new UsageError("index needs a tag: DIRECTORY/REPOSITORY:TAG");
      const repository = requireRepositoryOf(target);
      const manifests: ListedManifest[] = [];
      for (const image of args.images) {
        const own = await referenceWithin(image, target, args.places);
        const references =
          own !== undefined
            ? await chosen(target, own, args.platform, signal)
            : await gather(image, target, { ...args, output, signal });
        for (const reference of references) manifests.push({ reference });
      }
      const options = { signal, ...(args.annotation.length === 0 ? {} : { annotations }) };
      const index = await buildIndex({ registry, repository, reference: tag }, manifests, options);
      if (args.json) await writeJson(output, { repository, tag, ...index, manifests: manifests.length });
      else
        await writeText(
          output,
          `${nameOf(repository, { tag })}  ${index.digest}  ${countOf(manifests.length, "image")}`,
        );
      return undefined;
    });
  },
});

async function chosen(
  { registry, repository }: Pick<OpenTarget, "registry" | "repository">,
  reference: string,
  platforms: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  if (platforms.length === 0) return [reference];
  const digests: string[] = [];
  for (const platform of platforms) {
    const image = await readImage({ registry, repository, reference }, { platform, signal });
    digests.push(image.descriptor.digest);
  }
  return digests;
}

/** Copies images from another place to the repository of the index, without tags. */
async function gather(
  path: string,
  target: OpenTarget,
  {
    places,
    platform,
    output,
    signal,
  }: { places: PlaceOptions; platform: readonly string[]; output: Output; signal: AbortSignal },
): Promise<string[]> {
  const { registry, repository } = target;
  return withPlace(path, places, { purpose: "read", signal, output }, async (source) => {
    const place = await placeOf(source, { signal });
    const digests: string[] = [];
    for (const reference of await chosen(place, place.reference, platform, signal)) {
      const digest = reference.includes(":")
        ? reference
        : (await place.registry.resolveTag(place.repository, reference, { signal })).digest;
      await withProgress(output, "copying", (progress) =>
        copy(
          { ...place, reference: digest },
          { registry, repository, reference: digest },
          {
            signal,
            onProgress: showTransfers(progress),
          },
        ),
      );
      digests.push(digest);
    }
    return digests;
  });
}
