import { join } from "node:path";

import type { CheckedDigest } from "@ocilayout/oci-types";
import { isRegistryError, layoutNames } from "@ocilayout/oci-types";

import type { Dirent, Disk } from "../disk/disk.ts";
import { isFileFault, listIfThere } from "../disk/disk.ts";
import { processNow } from "../disk/file-clock.ts";
import { listDirectory } from "../disk/own-directory.ts";
import { isReserve } from "../lock/reserve.ts";
import { describeFault, storageError } from "../disk/storage-error.ts";
import { UploadFiles } from "../uploads/upload-files.ts";
import type { Layout } from "../layout/layout.ts";
import { pauseIfDue } from "@ocilayout/oci-backend";
import { ownNames } from "../disk/layout-files.ts";
import { isReadableDigest } from "../index-json/ref-name.ts";
import type { Finding, VerifySettings } from "./finding.ts";

/** The upload directory of the Go package. By the grammar of digests, its files would be digests. */
const FOREIGN_UPLOADS = "uploads";

/** Finds files that no entry reaches, files that do not belong in a layout, and files that a process left behind. */
export async function* findStrayFiles(
  layout: Layout,
  settings: VerifySettings,
  reached: ReadonlySet<string>,
): AsyncGenerator<Finding, void, undefined> {
  yield* strayBlobs(layout, settings, reached);
  yield* staleUploads(layout);
  const entries = await tryList(
    layout.disk,
    layout.paths.root,
    "unreadable-layout",
    "the directory of the layout",
  );
  if (!Array.isArray(entries)) {
    yield entries;
    return;
  }
  for (const entry of entries) {
    if (PARTS.has(entry.name) || WELL_KNOWN.has(entry.name)) continue;
    if (entry.name.startsWith(ownNames.lock)) {
      if (!entry.isFile()) yield stray(entry.name, "it has the name of a lock but is not a regular file");
      continue;
    }
    // Another program may own the directory; it may hold a nested repository.
    if (!entry.isDirectory()) yield stray(entry.name, "a layout has no file of that name");
  }
}

/** Checked by other functions. */
const PARTS: ReadonlySet<string> = new Set([
  layoutNames.header,
  layoutNames.index,
  layoutNames.blobs,
  ownNames.uploads,
]);
/** Files that archives of Docker and containerd hold beside a layout, so that readers of both formats find theirs. */
const WELL_KNOWN: ReadonlySet<string> = new Set(["manifest.json", "repositories"]);

async function* strayBlobs(
  layout: Layout,
  settings: VerifySettings,
  reached: ReadonlySet<string>,
): AsyncGenerator<Finding, void, undefined> {
  const { disk, paths } = layout;
  const algorithms = await tryList(disk, paths.blobs, "unreadable-blob", layoutNames.blobs);
  if (!Array.isArray(algorithms)) {
    yield algorithms;
    return;
  }
  for (const algorithm of algorithms) {
    const directory = `blobs/${algorithm.name}`;
    if (!algorithm.isDirectory()) {
      yield stray(directory, "blobs may contain only directories");
      continue;
    }
    const entries = await tryList(disk, join(paths.blobs, algorithm.name), "unreadable-blob", directory);
    if (!Array.isArray(entries)) {
      yield entries;
      continue;
    }
    for (const entry of entries) {
      settings.signal?.throwIfAborted();
      await pauseIfDue();
      const digest = `${algorithm.name}:${entry.name}`;
      const path = `${directory}/${entry.name}`;
      if (reached.has(digest)) continue;
      if (algorithm.name === FOREIGN_UPLOADS) yield stray(path, "it is an upload of another program");
      else if (!isReadableDigest(digest) || !entry.isFile())
        yield stray(path, "it is not a file that is named after a sha256 or sha512 digest");
      else yield await describeUnreached(layout, digest, path);
    }
  }
}

/**
 * Describes a blob that no entry reaches. A referrer has a finding of its own kind: tools that do not support referrers
 * write it without an entry.
 */
async function describeUnreached(layout: Layout, digest: CheckedDigest, path: string): Promise<Finding> {
  const subject = (await layout.blobs.mayBeDocument(digest))
    ? (await layout.graph.load({ digest, mediaType: "" }))?.subject
    : undefined;
  if (subject !== undefined && layout.blobs.stamp(subject) !== undefined) {
    const message = `${digest} is a referrer of ${subject} but has no entry in index.json: gc removes it after the grace period; push it again to keep it`;
    return { severity: "warning", kind: "unlisted-referrer", digest, path, message };
  }
  const message = `no readable manifest refers to ${digest}: gc removes it after the grace period, unless a manifest is damaged`;
  return { severity: "warning", kind: "unreachable-blob", digest, path, message };
}

async function* staleUploads(layout: Layout): AsyncGenerator<Finding, void, undefined> {
  const { disk, paths, settings } = layout;
  let entries: Dirent[];
  try {
    entries = (await listDirectory(disk, paths.uploads, ownNames.uploads)).sort(byName);
  } catch (cause) {
    const failure = storageError(cause, "list _uploads");
    if (!isFileFault(cause) && !isRegistryError(failure, "LAYOUT_INVALID")) throw cause;
    const message = `${(failure as Error).message}; uploads and garbage collections fail until this is repaired`;
    yield { severity: "error", kind: "damaged-layout", path: ownNames.uploads, message };
    return;
  }
  const files = new UploadFiles(disk, paths, settings);
  for (const entry of entries) {
    if (isReserve(entry.name)) continue;
    const path = `_uploads/${entry.name}`;
    const state = files.isSession(entry.name) ? await files.inspect(entry.name) : undefined;
    if (state !== undefined && "unsound" in state) yield stray(path, state.unsound);
    else if (!entry.isFile() && !entry.isDirectory()) yield stray(path, "it is not a regular file");
    else {
      const writtenMs =
        state?.writtenMs ?? Number(disk.lstatNow(join(paths.uploads, entry.name))?.mtimeMs ?? processNow());
      // It uses the clock of this process: reading the clock of the file system would write a file.
      if (processNow() - writtenMs <= settings.uploadExpiryMs) continue;
      const message = `${path} is left over from an upload that has expired; it can be removed`;
      yield { severity: "warning", kind: "stale-upload", path, message };
    }
  }
}

function stray(path: string, reason: string): Finding {
  return {
    severity: "warning",
    kind: "stray-file",
    path,
    message: `unexpected file ${path}: ${reason}`,
  };
}

/** Lists a directory in order. If the system refuses, returns a finding instead. */
async function tryList(
  disk: Disk,
  directory: string,
  kind: Finding["kind"],
  name: string,
): Promise<Dirent[] | Finding> {
  try {
    return (await listIfThere(disk, directory)).sort(byName);
  } catch (cause) {
    if (!isFileFault(cause)) throw cause;
    return {
      severity: "error",
      kind,
      path: kind === "unreadable-layout" ? undefined : name,
      message: `cannot list ${name}: ${describeFault(cause)}`,
    };
  }
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}
