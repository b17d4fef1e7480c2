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

/** Where the Go package keeps its uploads; by the grammar its files would be digests. */
const FOREIGN_UPLOADS = "uploads";

/** Files that no entry reaches, that have no place in a layout, or that a process left behind. */
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
      if (!entry.isFile()) yield stray(entry.name, "it has the name of a lock and is not a regular file");
      continue;
    }
    // Directories may be anybody's: nested repositories, for one.
    if (!entry.isDirectory()) yield stray(entry.name, "it is no part of a layout");
  }
}

/** What is looked at elsewhere. */
const PARTS: ReadonlySet<string> = new Set([
  layoutNames.header,
  layoutNames.index,
  layoutNames.blobs,
  ownNames.uploads,
]);
/** What Docker's and containerd's archives hold beside a layout, so that both of their readers find what they know. */
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
      yield stray(directory, "nothing but directories of blobs is to be there");
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
        yield stray(path, "it is not a file with the name of a sha256 or sha512 digest");
      else yield await describeUnreached(layout, digest, path);
    }
  }
}

/** A blob that no entry reaches. One that is a referrer is named as such: tools that list none write it so. */
async function describeUnreached(layout: Layout, digest: CheckedDigest, path: string): Promise<Finding> {
  const subject = (await layout.blobs.mayBeDocument(digest))
    ? (await layout.graph.load({ digest, mediaType: "" }))?.subject
    : undefined;
  if (subject !== undefined && layout.blobs.stamp(subject) !== undefined) {
    const message = `${digest} is a referrer of ${subject} and has no entry in index.json: gc removes it after the grace period; push it again to keep it`;
    return { severity: "warning", kind: "unlisted-referrer", digest, path, message };
  }
  const message = `no manifest that can be read refers to ${digest}: gc removes it after the grace period, unless a manifest is damaged`;
  return { severity: "warning", kind: "unreachable-blob", digest, path, message };
}

async function* staleUploads(layout: Layout): AsyncGenerator<Finding, void, undefined> {
  const { disk, paths, settings } = layout;
  let entries: Dirent[];
  try {
    entries = (await listDirectory(disk, paths.uploads, ownNames.uploads)).sort(byName);
  } catch (cause) {
    const failure = storageError(cause, "_uploads cannot be listed");
    if (!isFileFault(cause) && !isRegistryError(failure, "LAYOUT_INVALID")) throw cause;
    const message = `${(failure as Error).message}; nothing can be uploaded or collected until that is mended`;
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
      // It writes nothing, not even to learn the time by which the files are dated.
      if (processNow() - writtenMs <= settings.uploadExpiryMs) continue;
      const message = `${path} was left behind by an upload that nobody goes on with; it can be removed`;
      yield { severity: "warning", kind: "stale-upload", path, message };
    }
  }
}

function stray(path: string, reason: string): Finding {
  return {
    severity: "warning",
    kind: "stray-file",
    path,
    message: `${path} is of no use to the layout: ${reason}`,
  };
}

/** What is in a directory, in order; if the system refuses to list it, that as a finding. */
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
      message: `${name} cannot be listed: ${describeFault(cause)}`,
    };
  }
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}
