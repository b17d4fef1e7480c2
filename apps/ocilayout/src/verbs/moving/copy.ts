import type { CopyReport, Place } from "@ocilayout/oci-image";
import { copy } from "@ocilayout/oci-image";

import { chooseImage } from "../../images/choose-image.ts";
import { noteCreated } from "../../images/create-layout.ts";
import { copyOptions, describeReport, isChange, showTransfers } from "../../images/transfer.ts";
import { saveImages } from "../../images/save-images.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { type Output, writeJson, writeText } from "../../output/output.ts";
import { withProgress } from "../../output/progress.ts";
import { printable } from "../../output/text.ts";
import { flag, list, required } from "../../parsing/spec.ts";
import { noLink, repair } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { findPlace } from "../../places/find-place.ts";
import { withPlace, withTarget } from "../../places/open.ts";
import { nameOfPlace, requireRepositoryOf } from "../../places/reference.ts";
import type { OpenRegistry, OpenTarget } from "../../places/target.ts";
import { copyRepositories } from "./repositories.ts";

/** `ocilayout copy`: copies a manifest with everything that it needs. */
export const verb: Verb = defineVerb({
  positionals: {
    from: required("The tag or digest to copy, such as docker://alpine:3"),
    to: required(
      "The place to copy to, such as images/alpine:3. Without a tag it gets the tag of the source. A new DIRECTORY alone gets a bare tag; DIRECTORY//REPOSITORY:TAG names a repository",
    ),
  },
  options: {
    platform: list("OS/ARCHITECTURE", "Copy only the image for this platform; several make a smaller index"),
    "all-tags": flag("Copy all tags of the repository"),
    referrers: flag("Also copy signatures, SBOMs and other referrers"),
    "dry-run": flag("Print what would be copied, and copy nothing"),
    repair,
    "no-link": noLink,
    force: flag("Replace an existing archive"),
  },
  examples: [
    ["ocilayout copy docker://alpine:3 images/alpine:3", "Copy from Docker Hub to a layout"],
    ["ocilayout copy images/team/app:v1 docker://localhost:5000/team/app:v1", "Copy to a registry"],
    ["ocilayout copy good/app:v1 bad/app:v1 --repair", "Replace damaged content of bad with that of good"],
    ["ocilayout copy images/team/app:v1 app.tar", "Copy to a new archive"],
    [
      "ocilayout copy docker://alpine images//alpine --all-tags --dry-run",
      "Print what a copy of all tags needs",
    ],
  ],
  run: async (args, { output, signal }) => {
    const to = await findPlace(args.to, args.places, { purpose: "create", isWhole: false });
    const reading = { purpose: "read", signal, output } as const;
    return withPlace(args.from, args.places, reading, async (source) => {
      if (to.kind === "archive") {
        const options = {
          ...args,
          platforms: args.platform,
          allTags: args["all-tags"],
          dryRun: args["dry-run"],
        };
        return saveImages([source], to, { ...options, output, signal });
      }
      // A dry run of a copy to a new layout creates nothing, because nothing is pushed.
      return withTarget(to, args.places, { ...reading, purpose: "create" }, async (target) => {
        const { "dry-run": dryRun, referrers, platform: platforms, json } = args;
        const options = { dryRun, referrers, signal, ...copyOptions(args) };
        if (args["all-tags"]) {
          const code = await copyRepositories(source, target, { ...options, platforms, json, output });
          await noteCreated(to, output);
          return code;
        }
        const { from, tag, platforms: several } = await chooseImage(source, platforms, signal);
        const place = destination(target, from, tag);
        const report = await withProgress(output, "copying", (progress) =>
          copy(from, place, {
            ...options,
            platforms: several,
            onProgress: showTransfers(progress),
          }),
        );
        await writeReport(report, place, { json, dryRun, output });
        await noteCreated(to, output);
        return undefined;
      });
    });
  },
});

function destination(
  target: OpenTarget,
  from: Place<OpenRegistry>,
  tag: string | undefined,
): Place<OpenRegistry> {
  if (target.tag !== undefined && target.digest !== undefined)
    throw new UsageError(`${target.path} has a tag and a digest: leave out one of them`);
  const { registry } = target;
  const reference = target.tag ?? target.digest ?? tag ?? from.reference;
  return { registry, repository: requireRepositoryOf(target), reference };
}

async function writeReport(
  report: CopyReport,
  place: Place<OpenRegistry>,
  { json, dryRun, output }: { json: boolean; dryRun: boolean; output: Output },
): Promise<void> {
  const { repository } = place;
  const { descriptor, ...rest } = report;
  const changed = isChange(report);
  if (json) return writeJson(output, { repository, dryRun, changed, ...descriptor, ...rest });
  await writeText(
    output,
    `${printable(nameOfPlace(place))}  ${descriptor.digest}  ${describeReport(report, dryRun)}`,
  );
}
