import { statSync } from "node:fs";
import { openAsBlob } from "node:fs";
import { basename, resolve } from "node:path";

import type { LayerCompression, LayerFile } from "@ocilayout/oci-image";
import { appendLayer, pushLayer } from "@ocilayout/oci-image";
import { filesOf } from "@ocilayout/oci-image/node";
import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { UsageError } from "../../errors/usage-error.ts";
import { normalizePath } from "../../images/image-path.ts";
import { runEdit } from "../../images/run-edit.ts";
import { withProgress } from "../../output/progress.ts";
import { list, many, required, text } from "../../parsing/spec.ts";
import { platform } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { explainMissing } from "../../places/advise.ts";
import { findPlace } from "../../places/find-place.ts";
import { withTarget } from "../../places/open.ts";
import { DEFAULT_REPOSITORY, type Target } from "../../places/target.ts";

const COMPRESSIONS: readonly LayerCompression[] = ["gzip", "zstd", "none"];

/** `ocilayout append`: appends a layer of files to an image. */
export const verb: Verb = defineVerb({
  positionals: {
    path: required(
      "A tag, which moves to the result, or a digest; of an index, every image gets the layer; SBOMs and signatures stay attached to the old image",
    ),
    files: many("Files, and directories whose content is appended", "file", false),
  },
  options: {
    to: text(
      "DIRECTORY",
      "The directory of the image that gets the files; to rename a file, rename it first",
      "/",
    ),
    remove: list("PATH", "Remove this path of the image"),
    compression: text("KIND", "gzip, zstd or none", "gzip"),
    tag: text("TAG", "Point this tag at the result, and leave the tag of PATH where it is"),
    platform,
  },
  examples: [
    [
      "ocilayout init images//team/app:v1 --platform linux/amd64",
      "Create the image first, if it does not exist",
    ],
    ["ocilayout append images/team/app:v1 dist --to /app", "Append the files below dist as /app"],
    [
      "ocilayout append images/team/app:v1 app.conf --to /etc --tag v2",
      "Append a file, and tag the result v2",
    ],
    ["ocilayout append images/team/app:v1 --remove /etc/motd", "Append a layer that removes a file"],
  ],
  run: async (args, { output, signal }) => {
    const compression = COMPRESSIONS.find((it) => it === args.compression);
    if (compression === undefined)
      throw new UsageError(`--compression needs gzip, zstd or none, not ${args.compression}`);
    if (args.files.length + args.remove.length === 0)
      throw new UsageError("append needs FILES or --remove PATH: ocilayout append <path> [files..]");
    const { platform, tag, json } = args;
    const found = await findPlace(args.path, args.places, { purpose: "change", isWhole: false });
    requireImagePlace(found);
    return withTarget(found, args.places, { purpose: "change", signal, output }, (target) =>
      runEdit(target, { tag, json, output, signal }, (place, tags) =>
        withProgress(output, "making the layer", async () => {
          const history = { created_by: "ocilayout append" };
          const files = readFiles(args.files, normalizePath(args.to), signal);
          const layer = await pushLayer(place, files, { compression, removed: args.remove, history, signal });
          return appendLayer(place, layer, { platform, tags, signal });
        }),
      ),
    );
  },
});

/** Checks that a layout is there. Otherwise the error shows how to create the image, unless the path explains the failure. */
function requireImagePlace({ kind, exists, path, directory, repository, tag = "v1" }: Target): void {
  if (exists || kind !== "layout" || explainMissing(path) !== undefined) return;
  // A name without a slash is that of a new layout.
  const isName = directory === "." && repository !== undefined && !/[/\\]/.test(path);
  const name = isName ? `${repository}:${tag}` : `${directory}//${repository ?? DEFAULT_REPOSITORY}:${tag}`;
  throw new RegistryError(
    "NAME_UNKNOWN",
    `cannot find a layout at ${excerpt(path)}: create the image first: ` +
      `ocilayout init ${name} --platform linux/amd64; an image in a registry begins with docker://`,
  );
}

/** Yields the files at paths on this machine, with their paths in the image. */
async function* readFiles(
  paths: readonly string[],
  to: string,
  signal: AbortSignal,
): AsyncGenerator<LayerFile, void, undefined> {
  for (const path of paths) {
    const stats = statSync(path);
    if (stats.isDirectory()) yield* filesOf(path, { to, signal });
    else if (stats.isFile()) {
      const content = async (): Promise<Blob> => openAsBlob(path);
      const name = to === "/" ? `/${basename(resolve(path))}` : `${to}/${basename(resolve(path))}`;
      yield { path: name, mode: stats.mode & 0o777, size: stats.size, content };
    } else throw new RegistryError("UNSUPPORTED", `${excerpt(path)} is neither a file nor a directory`);
  }
}
