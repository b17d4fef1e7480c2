import { octetStream } from "@ocilayout/oci-types";

import { collectFiles } from "../../artifact/collect-files.ts";
import { pushFiles } from "../../artifact/push-files.ts";
import { requireReplaceable } from "../../artifact/require-replaceable.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { writeJson, writeText } from "../../output/output.ts";
import { withProgress } from "../../output/progress.ts";
import { countOf, printable } from "../../output/text.ts";
import { requireMediaType } from "../../parsing/media-type.ts";
import { parsePairs } from "../../parsing/pairs.ts";
import { flag, list, many, required, text } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { REMOTE } from "../../places/remote.ts";
import { nameOf, resolvePlace } from "../../places/reference.ts";
import { requireWithin } from "../../places/sibling.ts";

/** The default artifact type, which other tools also use. */
const UNKNOWN_ARTIFACT = "application/vnd.unknown.artifact.v1";

/** `ocilayout push`: pushes files as an artifact. */
export const verb: Verb = defineVerb({
  positionals: {
    path: required("The tag: DIRECTORY/REPOSITORY:TAG, or DIRECTORY//REPOSITORY:TAG for a new layout"),
    files: many("Files and directories", "file"),
  },
  options: {
    "artifact-type": text("TYPE", "The type of the artifact", UNKNOWN_ARTIFACT),
    "media-type": text("TYPE", "The media type of each file", octetStream),
    annotation: list("KEY=VALUE", "An annotation of the artifact"),
    subject: text(
      "REFERENCE",
      "The tag or digest, in the same repository, of what the artifact is about. It then needs no tag of its own",
    ),
    force: flag("Replace an image, or an artifact of another type, at the tag"),
  },
  examples: [
    [
      "ocilayout push images//team/docs:v1 README.md guide",
      "Push a file and a directory; // marks the end of a new layout's directory",
    ],
    ["ocilayout push new/default:v1 report.pdf", "Create the layout new, with the bare tag v1"],
    [
      "ocilayout push images:v1 app.wasm --artifact-type application/vnd.example --annotation team=a",
      "Set the type and an annotation",
    ],
    [
      "ocilayout push images/app sbom.json --subject v1 --artifact-type application/spdx+json",
      "Attach an SBOM to the image app:v1",
    ],
  ],
  run: async (args, { output, signal }) => {
    const remote = args.files.find((file) => file.startsWith(REMOTE));
    if (remote !== undefined)
      throw new UsageError(`push reads files: ocilayout copy ${args.path} ${remote} copies an image`);
    const { json, "artifact-type": artifactType, "media-type": mediaType } = args;
    requireMediaType(artifactType);
    requireMediaType(mediaType);
    const annotations = parsePairs(args.annotation, "--annotation");
    const options = { purpose: "create", signal, output } as const;
    return withPlace(args.path, args.places, options, async (target) => {
      const { registry, repository, directory, tag, digest } = target;
      if ((tag === undefined && args.subject === undefined) || digest !== undefined)
        throw new UsageError("push needs a tag: DIRECTORY[/REPOSITORY]:TAG");
      const subject =
        args.subject === undefined
          ? undefined
          : await resolvePlace(
              {
                registry,
                repository,
                reference: await requireWithin(args.subject, "--subject", { target, places: args.places }),
              },
              { signal },
            );
      if (tag !== undefined && !args.force) {
        const at = { registry, repository, reference: tag };
        await requireReplaceable(at, { artifactType, hasSubject: subject !== undefined, signal });
      }
      const description = { artifactType, mediaType, annotations, subject };
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
          `${tag === undefined ? repository : nameOf(repository, { tag })}  ${manifest.digest}  ${countOf(layers.length, "file")}, in ${printable(directory)}`,
        );
      return undefined;
    });
  },
});
