import type { Annotations } from "@ocilayout/oci-types";
import { isMediaType, octetStream } from "@ocilayout/oci-types";

import { collectFiles } from "../artifact/collect-files.ts";
import { pushFiles } from "../artifact/push-files.ts";
import { UsageError } from "../cli/usage-error.ts";
import { writeJson, writeText } from "../output/output.ts";
import { withProgress } from "../output/progress.ts";
import { countOf, printable } from "../output/text.ts";
import { withTarget } from "../target/open.ts";
import { nameOf } from "../target/reference.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { withPath } from "./path.ts";

/** The default artifact type, which other tools also use. */
const UNKNOWN_ARTIFACT = "application/vnd.unknown.artifact.v1";

/** `ocilayout push`: pushes files as an artifact. */
export const push: Command = defineCommand({
  usage: "push <path> <files..>",
  summary: "Push files and directories as an artifact, with one layer per file",
  examples: [
    [
      "$0 push images//team/docs:v1 README.md guide",
      "Push a file and a directory; // marks the end of a new layout's directory",
    ],
    ["$0 push new/default:v1 report.pdf", "Create the layout new, with the bare tag v1"],
    [
      "$0 push images:v1 app.wasm --artifact-type application/vnd.example --annotation team=a",
      "Set the type and an annotation",
    ],
  ],
  options: (parser) =>
    withPath(parser, "The tag: DIRECTORY/REPOSITORY:TAG, or DIRECTORY//REPOSITORY:TAG for a new layout")
      .positional("files", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "Files and directories",
      })
      .option("artifact-type", {
        type: "string",
        nargs: 1,
        default: UNKNOWN_ARTIFACT,
        describe: "The type of the artifact",
      })
      .option("media-type", {
        type: "string",
        nargs: 1,
        default: octetStream,
        describe: "The media type of each file",
      })
      .option("annotation", {
        type: "string",
        array: true,
        nargs: 1,
        describe: "An annotation KEY=VALUE; can be repeated",
      }),
  run: async (args, { output, signal }) => {
    const { json, "artifact-type": artifactType, "media-type": mediaType } = args;
    requireMediaType(artifactType);
    requireMediaType(mediaType);
    const description = { artifactType, mediaType, annotations: parseAnnotations(args.annotation ?? []) };
    return withTarget(args, "create", async ({ registry, repository, directory, tag, digest }) => {
      if (tag === undefined || digest !== undefined)
        throw new UsageError("push needs a tag: DIRECTORY[/REPOSITORY]:TAG");
      const pushed = await withProgress(output, "reading the files", async (progress) => {
        const files = await collectFiles(args.files);
        const onFile = ({ title }: { readonly title: string }): void => {
          progress.update(`pushing ${printable(title)}`);
        };
        return pushFiles(registry, repository, tag, files, description, { signal, onFile });
      });
      const { manifest, layers } = pushed;
      if (json) await writeJson(output, { directory, repository, tag, ...manifest, layers });
      else
        await writeText(
          output,
          `${nameOf(repository, { tag })}  ${manifest.digest}  ${countOf(layers.length, "file")}, in ${printable(directory)}`,
        );
      return undefined;
    });
  },
});

function requireMediaType(text: string): void {
  const isValid: boolean = isMediaType(text);
  if (!isValid) throw new UsageError(`${text} is not a media type`);
}

/** Parses annotations and sorts them by key, so that the order of the options does not matter. */
function parseAnnotations(pairs: readonly string[]): Annotations {
  const entries = pairs.map((pair): [string, string] => {
    const at = pair.indexOf("=");
    if (at <= 0) throw new UsageError(`--annotation needs KEY=VALUE, not ${pair}`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  const keys = new Set(entries.map(([key]) => key));
  if (keys.size < entries.length) throw new UsageError("--annotation has the same key twice");
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
