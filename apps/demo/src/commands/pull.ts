import type { BlobReader } from "@ocilayout/oci-types";
import { parseManifest, RegistryError } from "@ocilayout/oci-types";

import type { TitledLayer } from "../artifact/pull-files.ts";
import { pullFiles, titledLayers } from "../artifact/pull-files.ts";
import { writeJson, writeText } from "../output/output.ts";
import { withProgress } from "../output/progress.ts";
import { countOf, formatSize, printable } from "../output/text.ts";
import { withTarget } from "../target/open.ts";
import { readTarget } from "../target/reference.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { withPath } from "./path.ts";

/** `ocilayout pull`: the layers of an artifact as files. */
export const pull: Command = defineCommand({
  usage: "pull <path>",
  summary: "Write the layers of an artifact back as files, by their titles",
  examples: [
    [
      "$0 pull images/team/docs:v1 --output docs",
      "Into the directory docs, which is made where it is not there",
    ],
    ["$0 pull images/team/docs:v1 --output docs --force", "Replace files that are there"],
  ],
  options: (parser) =>
    withPath(parser, "A tag or a digest")
      .option("output", { type: "string", nargs: 1, default: ".", describe: "The directory to write to" })
      .option("force", { type: "boolean", default: false, describe: "Replace files that are there" }),
  run: (args, { output, signal }) =>
    withTarget(args, "read", async (target) => {
      const { registry, repository } = target;
      const manifest = await readTarget(target, { signal });
      const { digest } = manifest.descriptor;
      const { files, skipped } = await readLayers(manifest);
      await withProgress(output, "looking at the files", (progress) => {
        const onFile = ({ title, descriptor }: TitledLayer): void => {
          progress.update(`pulling ${printable(title)} (${formatSize(descriptor.size)})`);
        };
        return pullFiles(registry, repository, files, args.output, { force: args.force, signal, onFile });
      });
      if (args.json) {
        const pulled = files.map(({ title, descriptor }) => ({
          path: title,
          digest: descriptor.digest,
          size: descriptor.size,
        }));
        await writeJson(output, { repository, digest, output: args.output, files: pulled, skipped });
        return undefined;
      }
      for (const { title, descriptor } of files)
        await writeText(output, `${printable(title)}  ${formatSize(descriptor.size)}`);
      if (skipped > 0)
        await output.note(`ocilayout: ${countOf(skipped, "layer")} without a title, not written`);
      return undefined;
    }),
});

async function readLayers(reader: BlobReader): Promise<{ files: TitledLayer[]; skipped: number }> {
  const { digest, mediaType } = reader.descriptor;
  const parsed = parseManifest(await reader.bytes(), mediaType);
  if (parsed.kind !== "image") {
    throw new RegistryError(
      "UNSUPPORTED",
      `${digest} is ${parsed.kind === "index" ? "an index: pull one of its manifests, by digest" : "no manifest with layers"}`,
    );
  }
  const { layers } = parsed.manifest;
  const files = titledLayers(layers);
  if (files.length === 0)
    throw new RegistryError("UNSUPPORTED", `no layer of ${digest} has a title: it is no artifact of files`);
  return { files, skipped: layers.length - files.length };
}
