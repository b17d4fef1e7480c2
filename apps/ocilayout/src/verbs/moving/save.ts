import { writeArchive } from "@ocilayout/layout-archive";

import { UsageError } from "../../errors/usage-error.ts";
import { imagesOf, saveImages } from "../../images/save-images.ts";
import { flag, list, many, text } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { countOf, printable } from "../../output/text.ts";
import { withPlaces } from "../../places/open.ts";
import { nameOfPlace } from "../../places/reference.ts";

const FORMATS = ["oci", "docker", "both"] as const;

/** `ocilayout save`: writes images to an archive. */
export const verb: Verb = defineVerb({
  positionals: { path: many("Tags or digests, such as images/app:v1") },
  options: {
    output: text("FILE", "The archive to write; without it, or with -, the archive goes to the pipe"),
    format: text(
      "FORMAT",
      "oci: what skopeo, podman and containerd read; docker: what every Docker reads; both: in one file",
      "both",
    ),
    platform: list("OS/ARCHITECTURE", "Write only the image for this platform"),
    "all-tags": flag("Write all tags of each repository"),
    referrers: flag("Also write signatures, SBOMs and other referrers"),
    force: flag("Replace an existing file"),
  },
  examples: [
    ["ocilayout save images/team/app:v1 --output app.tar", "Write an image to a new archive"],
    ["ocilayout save images/team/app:v1 | docker load", "Load an image into Docker"],
    ["ocilayout save images/a:v1 images/b:v1 --format oci --output both.tar", "Write two images"],
  ],
  run: async (args, { output, signal }) => {
    const format = FORMATS.find((it) => it === args.format);
    if (format === undefined) throw new UsageError(`--format needs oci, docker or both, not ${args.format}`);
    const { platform: platforms, referrers, "all-tags": allTags, force, json } = args;
    return withPlaces(args.path, args.places, { purpose: "read", signal, output }, async (sources) => {
      if (args.output !== undefined && args.output !== "-") {
        const options = { platforms, referrers, allTags, dryRun: false, force, json, output, signal };
        return saveImages(sources, { directory: args.output, format }, options);
      }
      if (output.width !== undefined)
        throw new UsageError("the archive would be written to the terminal: add --output FILE");
      const images = [];
      for (const source of sources)
        for (const image of await imagesOf(source, { allTags, platforms, signal })) images.push(image);
      const stdout: WritableStream<Uint8Array> = new WritableStream({ write: (chunk) => output.data(chunk) });
      await writeArchive(stdout, images, {
        format,
        platforms: platforms.length > 1 ? platforms : undefined,
        referrers,
        signal,
      });
      if (args.output === "-") {
        const names = images.map((image) => image.name ?? nameOfPlace(image));
        for (const name of names) await output.note(printable(name));
        await output.note(`wrote ${countOf(images.length, "image")} to the pipe`);
      }
      return undefined;
    });
  },
});
