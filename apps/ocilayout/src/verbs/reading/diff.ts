import { changesOfConfig } from "../../images/diff/config.ts";
import { changesOfFiles, type FileChange } from "../../images/diff/files.ts";
import { changesOfLayers } from "../../images/diff/layers.ts";
import { type Output, writeJson, writeText } from "../../output/output.ts";
import { withProgress } from "../../output/progress.ts";
import { formatSize, printable, shorten } from "../../output/text.ts";
import { flag, required } from "../../parsing/spec.ts";
import { imagePlatform } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlaces } from "../../places/open.ts";
import { placeOf } from "../../places/reference.ts";
import { readImage } from "@ocilayout/oci-image";

/** `ocilayout diff`: compares two images. */
export const verb: Verb = defineVerb({
  positionals: {
    before: required("A tag or digest, such as images/app:v1"),
    after: required("A tag or digest, such as images/app:v2"),
  },
  options: {
    platform: imagePlatform,
    "no-files": flag("Compare only configs and layers, and do not read the layers"),
    times: flag("Also compare the times of files"),
  },
  examples: [
    ["ocilayout diff images/team/app:v1 images/team/app:v2", "Compare two tags"],
    ["ocilayout diff docker://alpine:3.19 docker://alpine:3.20 --no-files", "Compare without the layers"],
    ["ocilayout diff images/a:v1 images/b:v1 --json | jq '.files[].path'", "Print the paths that differ"],
  ],
  run: (args, { output, signal }) =>
    withPlaces(
      [args.before, args.after],
      args.places,
      { purpose: "read", signal, output },
      async (targets) => {
        const options = { platform: args.platform, signal };
        const images = await Promise.all(
          targets.map(async (target) => {
            const place = await placeOf(target, { signal });
            const image = await readImage(place, options);
            return { place: { ...place, reference: image.descriptor.digest }, image };
          }),
        );
        const [before, after] = images;
        if (before === undefined || after === undefined) throw new RangeError("diff needs two images");
        const config = changesOfConfig(before.image.config, after.image.config);
        const layers = changesOfLayers(before.image.manifest.layers, after.image.manifest.layers);
        const isSame = before.image.descriptor.digest === after.image.descriptor.digest;
        const files =
          args["no-files"] || isSame
            ? []
            : await withProgress(output, "reading the layers", () =>
                changesOfFiles(before.place, after.place, { ...options, times: args.times }),
              );
        const [from, to] = [before.image.descriptor.digest, after.image.descriptor.digest];
        if (args.json) await writeJson(output, { before: from, after: to, config, layers, files });
        else await write(output, { config, layers, files });
        return config.length + layers.length + files.length === 0 ? 0 : 1;
      },
    ),
});

async function write(
  output: Output,
  {
    config,
    layers,
    files,
  }: {
    readonly config: ReturnType<typeof changesOfConfig>;
    readonly layers: ReturnType<typeof changesOfLayers>;
    readonly files: readonly FileChange[];
  },
): Promise<void> {
  for (const { path, before, after } of config) {
    if (before !== undefined) await line(output, "-", `config  ${path}  ${JSON.stringify(before)}`);
    if (after !== undefined) await line(output, "+", `config  ${path}  ${JSON.stringify(after)}`);
  }
  for (const { change, digest, size } of layers)
    await line(output, change === "added" ? "+" : "-", `layer  ${shorten(digest)}  ${formatSize(size)}`);
  for (const { change, path, differs = [] } of files) {
    const sign = change === "added" ? "+" : change === "removed" ? "-" : "~";
    await line(output, sign, `file  ${path}${differs.length === 0 ? "" : `  ${differs.join(", ")}`}`);
  }
}

const COLOURS = { "+": "green", "-": "red", "~": "yellow" } as const;

async function line(output: Output, sign: keyof typeof COLOURS, text: string): Promise<void> {
  await writeText(output, output.paint(COLOURS[sign], `${sign} ${printable(text)}`));
}
