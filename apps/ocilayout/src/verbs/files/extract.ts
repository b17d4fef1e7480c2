import { existsSync, lstatSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import type { ImageSource, Place } from "@ocilayout/oci-image";
import { listFiles, readFile } from "@ocilayout/oci-image";
import { type ExtractReport, extractTo } from "@ocilayout/oci-image/node";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { UsageError } from "../../errors/usage-error.ts";
import { isBelow, normalizePath } from "../../images/image-path.ts";
import { writeWhole } from "../../images/write-whole.ts";
import { type Output, writeJson, writeText } from "../../output/output.ts";
import { withProgress } from "../../output/progress.ts";
import { countOf, formatSize, printable } from "../../output/text.ts";
import { flag, optional, required, text } from "../../parsing/spec.ts";
import { imagePlatform } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { placeOf } from "../../places/reference.ts";

/** `ocilayout extract`: writes the files of an image. */
export const verb: Verb = defineVerb({
  positionals: {
    path: required("A tag or digest, such as images/app:v1"),
    inside: optional("One file or directory of the image; otherwise all files", "none"),
  },
  options: {
    output: text("PATH", "The new directory or file; - prints a file [default: the last name of INSIDE]"),
    owners: flag("Also restore owners, and setuid and setgid bits"),
    platform: imagePlatform,
  },
  examples: [
    ["ocilayout extract images/team/app:v1 --output root", "Write all files to the new directory root"],
    ["ocilayout extract images/team/app:v1 /etc/os-release --output -", "Print one file"],
    [
      "ocilayout extract docker://alpine:3 /etc --output etc",
      "Write one directory of an image in a registry",
    ],
  ],
  run: (args, { output, signal }) =>
    withPlace(args.path, args.places, { purpose: "read", signal, output }, async (target) => {
      const place = await placeOf(target, { signal });
      const { platform, owners, json } = args;
      const inside = args.inside === undefined ? "/" : normalizePath(args.inside);
      const to = args.output ?? (inside === "/" ? undefined : basename(inside));
      if (to === undefined) throw new UsageError("extract of a whole image needs --output DIRECTORY");
      if (inside !== "/" && (await wroteFile(place, inside, to, { platform, json, output, signal })))
        return undefined;
      if (to === "-") throw new UsageError(`${inside} is not a file: only a file can be printed`);
      const report = await withProgress(output, "reading the layers", (progress) =>
        extractDirectory(place, inside, to, {
          platform,
          owners,
          setIds: owners,
          signal,
          onProgress: ({ bytes, totalBytes }) => {
            progress.transfer("files", bytes, totalBytes);
          },
        }),
      );
      await writeReport(report, to, { json, output });
      return undefined;
    }),
});

/** Writes one regular file. Returns false if the path is a directory. */
async function wroteFile(
  place: Place<ImageSource>,
  inside: string,
  to: string,
  { platform, json, output, signal }: WriteOptions,
): Promise<boolean> {
  const reader = await readFile(place, inside, { platform, signal }).catch(async (error: unknown) => {
    if (isRegistryError(error, "FILE_UNKNOWN") && (await hasBelow(place, inside, { platform, signal })))
      return undefined;
    throw error;
  });
  if (reader === undefined) return false;
  const { path, mode, size } = reader.file;
  try {
    if (to === "-") for await (const chunk of reader) await output.data(chunk);
    else await writeWhole(to, reader, mode & 0o777);
  } finally {
    await reader.close();
  }
  if (to === "-") return true;
  if (json) await writeJson(output, { path, output: to, size });
  else await writeText(output, `${printable(to)}  ${formatSize(size)}`);
  return true;
}

interface WriteOptions {
  readonly platform: string | undefined;
  readonly json: boolean;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** Whether a path of an image is a directory that is not empty. */
async function hasBelow(
  place: Place<ImageSource>,
  inside: string,
  options: { readonly platform: string | undefined; readonly signal: AbortSignal },
): Promise<boolean> {
  for await (const { path } of listFiles(place, options))
    if (path !== inside && isBelow(path, inside)) return true;
  return false;
}

/** Extracts to a directory beside `to`, and renames it when it is complete. A failure leaves nothing. */
async function extractDirectory(
  place: Place<ImageSource>,
  inside: string,
  to: string,
  options: NonNullable<Parameters<typeof extractTo>[2]>,
): Promise<ExtractReport> {
  if (existsSync(to))
    throw new RegistryError("DENIED", `cannot write ${excerpt(to)}: it exists; choose another --output`);
  const parent = dirname(to);
  await mkdir(parent, { recursive: true });
  const stage = await mkdtemp(join(parent, ".ocilayout-extract-"));
  try {
    const report = await extractTo(place, join(stage, "root"), { ...options, path: inside });
    const from = join(stage, "root", basename(inside));
    if (lstatSync(from, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new RegistryError(
        "UNSUPPORTED",
        `${excerpt(inside)} is neither a file nor a directory of the image`,
      );
    await rename(from, to);
    // The directory itself is the one that the user named.
    return inside === "/" ? report : { ...report, entries: report.entries - 1 };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function writeReport(
  { descriptor, entries, bytes, skipped }: ExtractReport,
  to: string,
  { json, output }: { json: boolean; output: Output },
): Promise<void> {
  if (json) return writeJson(output, { digest: descriptor.digest, output: to, entries, bytes, skipped });
  await writeText(output, `${printable(to)}  ${countOf(entries, "entry", "entries")}, ${formatSize(bytes)}`);
  for (const { path, reason } of skipped)
    await output.note(`ocilayout: skipped ${printable(path)}: ${reason}`);
}
