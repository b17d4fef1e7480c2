import type { Backend } from "@ocilayout/oci-backend";
import { closeWriters, defineBackend, listOf, sameBackend } from "@ocilayout/oci-backend";

import { deleterOf } from "./registry/deleter.ts";
import type { Disk } from "./disk/disk.ts";
import { nodeDisk } from "./disk/disk.ts";
import { requireOpenable } from "./disk/way.ts";
import type { GcOptions, GcReport } from "./maintenance/garbage.ts";
import { collectGarbage } from "./maintenance/garbage.ts";
import { Layout } from "./layout/layout.ts";
import type { LayoutStore } from "./layout-store.ts";
import type { ManifestListing } from "./registry/lister.ts";
import { listerOf, listManifests } from "./registry/lister.ts";
import type { LayoutOptions } from "./layout/options.ts";
import { completeOptions, requireDirectory } from "./layout/options.ts";
import { rememberLayout } from "./layout/open-layouts.ts";
import { readerOf } from "./registry/reader.ts";
import { LayoutUploads } from "./uploads/uploads.ts";
import type { Finding, VerifyOptions } from "./maintenance/finding.ts";
import { verifyLayout } from "./maintenance/verify.ts";
import { writerOf } from "./registry/writer.ts";

/** An OCI Image Layout directory as a registry. */
export interface LayoutRegistry extends LayoutStore {
  /**
   * Looks through the whole layout for what is damaged, missing or of no use, and hashes every blob. It changes
   * nothing. Neither damage nor a blob or an upload that cannot be read makes it reject: each is a finding. Only if the
   * system refuses to let it read `index.json` or `oci-layout` it rejects, with `STORAGE_FAILED`.
   */
  verify(options?: VerifyOptions): AsyncIterable<Finding>;
  /**
   * Removes the blobs that no entry reaches, expired upload sessions and what dead processes left behind; safe beside
   * pushes of this and other processes. What a foreign entry reaches stays, what is younger than the grace too, and what
   * a document of an unknown type has a digest of. `LAYOUT_INVALID` where a manifest is damaged or `_uploads` is not a
   * directory, `STORAGE_FAILED` where the system does not let a manifest be read: it removes nothing then.
   *
   * Where `blobs` is a link, other layouts may need the blobs: see the option `sharedWith`.
   */
  gc(options?: GcOptions): Promise<GcReport>;
}

/**
 * Opens the OCI Image Layout in `directory` as a registry. Opening creates nothing and reads no file: a directory that
 * is not there is an empty layout until the first write, and one that is damaged is `LAYOUT_INVALID` in every call.
 *
 * Any number of registries, in any number of processes, may have the same directory open: each sees at its next call
 * what the others wrote.
 *
 * @throws TypeError or RangeError where an option makes no sense; `RegistryError` `NAME_INVALID` for a
 * `defaultRepository` that is none, `LAYOUT_INVALID` if `readOnly` is given and the directory does not exist.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-layout.md}
 */
export async function openLayout(directory: string, options: LayoutOptions = {}): Promise<LayoutRegistry> {
  return openLayoutOn(nodeDisk, directory, options);
}

/** {@link openLayout} on a file system of the caller's choice: what tests make fail. */
export function openLayoutOn(disk: Disk, directory: string, options: LayoutOptions = {}): LayoutRegistry {
  const root = requireDirectory(directory, "a directory");
  const settings = completeOptions(options);
  requireOpenable(disk, root, settings);
  const layout = new Layout(disk, root, settings);
  const uploads = new LayoutUploads(layout);
  const { startUpload, resumeUpload, findUpload } = uploads;
  const backend: Backend = {
    capabilities: { repositoryScopedBlobs: false, checksReferences: !settings.allowSparse },
    maxManifestBytes: settings.maxManifestBytes,
    verifyOnRead: settings.verifyOnRead,
    begin: (access) => {
      layout.begin(access);
    },
    ...readerOf(layout),
    ...writerOf(layout),
    ...deleterOf(layout),
    ...listerOf(layout),
    startUpload,
    resumeUpload,
    findUpload,
  };
  const made = defineBackend(backend);
  const close = async (): Promise<void> => {
    await closeWriters(made);
    await uploads.close();
    await layout.close();
  };
  const registry: LayoutRegistry = sameBackend(made, {
    ...made,
    directory: root,
    manifests: (repo, given) => {
      return listOf(backend, repo, given, (call) => listManifests(layout, call), digestOf);
    },
    gc: (...args) => collectGarbage(layout, ...args),
    verify: (...args) => verifyLayout(layout, ...args),
    close,
    [Symbol.asyncDispose]: close,
  });
  rememberLayout(registry, layout);
  return registry;
}

function digestOf({ descriptor }: ManifestListing): string {
  return descriptor.digest;
}
