import { readImage } from "@ocilayout/oci-image";
import type { BlobReader } from "@ocilayout/oci-types";
import { parseManifest, RegistryError } from "@ocilayout/oci-types";

import type { TitledLayer } from "../../artifact/pull-files.ts";
import { pullFiles, titledLayers } from "../../artifact/pull-files.ts";
import { isImage } from "../../images/manifest-kind.ts";
import { writeJson, writeText } from "../../output/output.ts";
import { withProgress } from "../../output/progress.ts";
import { countOf, formatSize, printable } from "../../output/text.ts";
import { flag, required, text } from "../../parsing/spec.ts";
import { platform } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { nameOfPlace, placeOf, readTarget } from "../../places/reference.ts";
import type { OpenTarget } from "../../places/target.ts";

/** `ocilayout pull`: writes the layers of an artifact as files. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A tag or digest, such as images/docs:v1") },
  options: {
    output: text("DIRECTORY", "The directory to write to", "."),
    force: flag("Replace existing files"),
    platform,
  },
  examples: [
    [
      "ocilayout pull images/team/docs:v1 --output docs",
      "Write into the directory docs, and create it if it is missing",
    ],
    ["ocilayout pull images/team/docs:v1 --output docs --force", "Replace existing files"],
  ],
  run: (args, { output, signal }) =>
    withPlace(args.path, args.places, { purpose: "read", signal, output }, async (target) => {
      const manifest = await openArtifact(target, args.platform, signal);
      const { digest } = manifest.descriptor;
      const place = await placeOf(target, { signal });
      const { registry, repository } = place;
      const { files, skipped } = await readLayers(manifest, nameOfPlace(place));
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

async function openArtifact(
  target: OpenTarget,
  platform: string | undefined,
  signal: AbortSignal,
): Promise<BlobReader> {
  if (platform === undefined) return readTarget(target, { signal });
  const place = await placeOf(target, { signal });
  const { descriptor } = await readImage(place, { platform, signal });
  return target.registry.getManifest(place.repository, descriptor.digest, { signal });
}

async function readLayers(
  reader: BlobReader,
  name: string,
): Promise<{ files: TitledLayer[]; skipped: number }> {
  const { mediaType } = reader.descriptor;
  const parsed = parseManifest(await reader.bytes(), mediaType);
  if (parsed.kind === "index")
    throw unsupported(
      `${name} is an index of images, not an artifact: extract writes the files of an image, copy copies it; name an artifact in it by its digest`,
    );
  if (parsed.kind !== "image") throw unsupported(`${name} is not a manifest with layers`);
  const { layers } = parsed.manifest;
  const files = titledLayers(layers);
  if (files.length > 0) return { files, skipped: layers.length - files.length };
  throw unsupported(
    isImage(parsed.manifest)
      ? `${name} is an image, not an artifact: extract writes its files, copy copies it`
      : `cannot pull ${name}: its layers have no titles; cat --blob prints a layer`,
  );
}

function unsupported(message: string): RegistryError {
  return new RegistryError("UNSUPPORTED", message);
}
