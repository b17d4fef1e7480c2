import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { copy } from "@ocilayout/oci-image";
import { collect } from "@ocilayout/oci-types";

import { UsageError } from "../../errors/usage-error.ts";
import { copyOptions, showTransfers } from "../../images/transfer.ts";
import { type Output, writeJson } from "../../output/output.ts";
import { withProgress } from "../../output/progress.ts";
import { Table } from "../../output/table.ts";
import { required } from "../../parsing/spec.ts";
import { repair } from "../../parsing/specs.ts";
import { defineVerb, type Input, type Verb } from "../../parsing/verb.ts";
import { parseArchive } from "../../places/archive.ts";
import { listRoots } from "../../places/manifests.ts";
import { withTarget, withWhole } from "../../places/open.ts";
import { nameOfPlace } from "../../places/reference.ts";
import type { OpenTarget } from "../../places/target.ts";

/** `ocilayout load`: copies all images of an archive. */
export const verb: Verb = defineVerb({
  positionals: {
    archive: required("An archive of docker save, podman save, skopeo or ocilayout; - reads a pipe", "file"),
    path: required("A layout or docker://HOST, which gets the same repositories and tags"),
  },
  options: { repair },
  examples: [
    ["ocilayout load images.tar images", "Copy everything of an archive to a layout"],
    ["docker save app:v1 | ocilayout load - images", "Copy an image of Docker to a layout"],
  ],
  run: ({ archive, path, places, json, repair: repairs }, { output, stdin, signal }) =>
    withFile(archive, stdin, signal, (file) => {
      const options = { signal, output };
      const found = file === archive ? parseArchive(archive, archive) : parseArchive(file, file);
      if ((found.repository ?? found.tag ?? found.digest) !== undefined)
        throw new UsageError(`load copies every image: use ocilayout copy ${archive} for one`);
      return withTarget(found, places, { ...options, purpose: "read" }, (source) =>
        withWhole(path, places, { ...options, purpose: "create" }, async (target) => {
          await loadAll(source, target, { json, output, signal, repairs });
          return undefined;
        }),
      );
    }),
});

async function loadAll(
  source: OpenTarget,
  target: OpenTarget,
  { json, output, signal, repairs }: { json: boolean; output: Output; signal: AbortSignal; repairs: boolean },
): Promise<void> {
  const how = { ...copyOptions({ repair: repairs }), signal };
  const table = new Table(output);
  for (const repository of await collect(source.registry.repositories({ signal }))) {
    const listings = await listRoots(source.registry, repository, { signal });
    for (const { descriptor, tags } of listings) {
      const [reference = descriptor.digest, ...more] = tags;
      const from = { registry: source.registry, repository, reference: descriptor.digest };
      const to = { registry: target.registry, repository, reference };
      await withProgress(output, "copying", (progress) =>
        copy(from, to, { ...how, tags: more, onProgress: showTransfers(progress) }),
      );
      if (json) await writeJson(output, { repository, tags, ...descriptor });
      else
        for (const tag of tags.length === 0 ? [reference] : tags)
          await table.row([nameOfPlace({ repository, reference: tag }), { digest: descriptor.digest }]);
    }
  }
  await table.end();
}

/** Runs `use` with the file of the archive. That of a pipe is a temporary one. */
async function withFile<Result>(
  archive: string,
  openInput: () => Input,
  signal: AbortSignal,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  if (archive !== "-") return use(archive);
  const stdin = openInput();
  if (stdin.isTTY === true)
    throw new UsageError("load - needs an archive in a pipe: docker save IMAGE | ocilayout load - PATH");
  const directory = await mkdtemp(join(tmpdir(), "ocilayout-load-"));
  try {
    const file = join(directory, "archive");
    await pipeline(stdin, createWriteStream(file, { flags: "wx" }), {
      signal,
    });
    return await use(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
