import { join } from "node:path";

import { isDigest } from "@ocilayout/oci-types";

import type { Disk } from "./fs/disk.ts";
import { listIfThere } from "./fs/disk.ts";
import { UploadFiles } from "./fs/upload-files.ts";
import type { Layout } from "./layout.ts";
import type { Finding } from "./verify.ts";

/** Where the Go package keeps its uploads; by the grammar its files would be digests. */
const FOREIGN_UPLOADS = "uploads";

/** Files that no entry reaches, that have no place in a layout, or that a process left behind. */
export async function* findStrayFiles(layout: Layout, reached: ReadonlySet<string>): AsyncGenerator<Finding, void, undefined> {
  yield* strayBlobs(layout, reached);
  yield* staleUploads(layout);
  for (const entry of await listSorted(layout.disk, layout.paths.root)) {
    // Directories may be anybody's: nested repositories, for one.
    if (entry.isDirectory() || isOurs(entry.name)) continue;
    yield stray(entry.name, "it is no part of a layout");
  }
}

/** What may be in the directory of a layout, at the moment: the lock and what is on its way to become `index.json`. */
function isOurs(name: string): boolean {
  return name === "oci-layout" || name === "index.json" || name === "blobs" || name.startsWith(".index.json.lock");
}

async function* strayBlobs({ disk, paths }: Layout, reached: ReadonlySet<string>): AsyncGenerator<Finding, void, undefined> {
  for (const algorithm of await listSorted(disk, paths.blobs)) {
    const directory = `blobs/${algorithm.name}`;
    if (!algorithm.isDirectory()) {
      yield stray(directory, "nothing but directories of blobs is to be there");
      continue;
    }
    for (const entry of await listSorted(disk, join(paths.blobs, algorithm.name))) {
      const digest = `${algorithm.name}:${entry.name}`;
      const path = `${directory}/${entry.name}`;
      if (reached.has(digest)) continue;
      if (algorithm.name === FOREIGN_UPLOADS) yield stray(path, "it is an upload of another program");
      else if (!isDigest(digest) || !entry.isFile()) yield stray(path, "its name is no digest, or it is no file");
      else {
        const message = `nothing in index.json reaches ${digest}; a collection of garbage removes it in time`;
        yield { severity: "warning", kind: "unreachable-blob", digest, path, message };
      }
    }
  }
}

async function* staleUploads({ disk, paths, settings }: Layout): AsyncGenerator<Finding, void, undefined> {
  const files = new UploadFiles(disk, paths, settings);
  for (const entry of await listSorted(disk, paths.uploads)) {
    const path = `_uploads/${entry.name}`;
    const state = await files.state(entry.name);
    const writtenMs = state?.writtenMs ?? Number(disk.statNow(join(paths.uploads, entry.name))?.mtimeMs ?? Date.now());
    if (Date.now() - writtenMs <= settings.uploadExpiryMs) continue;
    const message = `${path} was left behind by an upload that nobody goes on with; it can be removed`;
    yield { severity: "warning", kind: "stale-upload", path, message };
  }
}

function stray(path: string, reason: string): Finding {
  return { severity: "warning", kind: "stray-file", path, message: `${path} is of no use to the layout: ${reason}` };
}

async function listSorted(disk: Disk, directory: string): ReturnType<Disk["list"]> {
  return (await listIfThere(disk, directory)).sort((a, b) => (a.name < b.name ? -1 : 1));
}
