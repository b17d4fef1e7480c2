import { createLayout } from "../../images/create-layout.ts";
import { pushEmptyImages } from "../../images/empty-image.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { writeJson, writeText } from "../../output/output.ts";
import { printable } from "../../output/text.ts";
import { list, required } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { findPlace } from "../../places/find-place.ts";
import { withTarget, withWhole } from "../../places/open.ts";
import { nameOf } from "../../places/reference.ts";

/** `ocilayout init`: creates an empty layout, or an image without layers. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A new layout or, with --platform, the tag of a new image") },
  options: {
    platform: list(
      "OS/ARCHITECTURE",
      "Create an image without layers for this platform, such as linux/arm64; if repeated, an index of images",
    ),
  },
  examples: [
    ["ocilayout init images", "Create an empty layout; push and copy also create one"],
    ["ocilayout init images/team/app:v1 --platform linux/arm64", "Create an image, to append layers to"],
  ],
  run: async ({ path, platform: platforms, places, json }, { output, signal }) => {
    if (platforms.length === 0) {
      // A directory with such a name is more likely a mistake.
      if (/(?<!^[A-Za-z]):|@|.\/\//.test(path.replace(/^(?:oci|docker):/, "")))
        throw new UsageError("init of an image needs --platform; the name of a layout has no :, @ or //");
      const options = { purpose: "create", signal } as const;
      const found = await findPlace(path, places, { purpose: "create", isWhole: true });
      if (found.kind !== "layout") throw new UsageError("init creates a layout: name a new directory");
      return withWhole(path, places, options, async ({ directory, exists, registry, repository }) => {
        if (!exists) await createLayout(registry, repository, { signal });
        if (json) await writeJson(output, { directory, created: !exists });
        else
          await writeText(output, `${exists ? "there is a layout in" : "created"} ${printable(directory)}`);
        return undefined;
      });
    }
    const target = await findPlace(path, places, { purpose: "create", isWhole: false });
    return withTarget(target, places, { purpose: "create", signal, output }, async (opened) => {
      const { registry, repository, tag, digest } = opened;
      if (tag === undefined || digest !== undefined)
        throw new UsageError("init with --platform needs a tag: DIRECTORY/REPOSITORY:TAG");
      const image = await pushEmptyImages({ registry, repository, reference: tag }, platforms, { signal });
      if (json) await writeJson(output, { repository, tag, ...image });
      else
        await writeText(output, `${nameOf(repository, { tag })}  ${image.digest}  ${platforms.join(", ")}`);
      return undefined;
    });
  },
});
