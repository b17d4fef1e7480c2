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

/** `ocilayout pull`: writes the layers of an artifact as files. */
export const pull: Command = defineCommand({
  usage: "pull <path>",
  summary: "Write the layers of an artifact as files, named by their titles",
  examples: [
    [
      "$0 pull images/team/docs:v1 --output docs",
      "Write into the directory docs, and create it if it is missing",
    ],
    ["$0 pull images/team/docs:v1 --output docs --force", "Replace existing files"],
  ],
  options: (parser) =>
    withPath(parser, "A tag or a digest")
      .option("output", { type: "string", nargs: 1, default: ".", describe: "The directory to write to" })
      .option("force", { type: "boolean", default: false, describe: "Replace existing files" }),
  run: (args, { output, signal }) =>
    withTarget(args, "read", async (target) => {
      const { registry, repository } = target;
      const manifest = await readTarget(target, { signal });
      const { digest } = manifest.descriptor;
      const { files, skipped } = await readLayers(manifest);
      await withProgress(output, "checking the files", (progress) => {
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
      if (skipped > 0) await output.note(`ocilayout: skipped ${countOf(skipped, "layer")} without a title`);
      return undefined;
    }),
});

async function readLayers(reader: BlobReader): Promise<{ files: TitledLayer[]; skipped: number }> {
  const { digest, mediaType } = reader.descriptor;
  const parsed = parseManifest(await reader.bytes(), mediaType);
  if (parsed.kind !== "image") {
    throw new RegistryError(
      "UNSUPPORTED",
      `${digest} is ${parsed.kind === "index" ? "an index: pull one of its manifests by its digest" : "not a manifest with layers"}`,
    );
  }
  const { layers } = parsed.manifest;
  const files = titledLayers(layers);
  if (files.length === 0)
    throw new RegistryError("UNSUPPORTED", `cannot pull ${digest}: its layers have no titles`);
  return { files, skipped: layers.length - files.length };
}
