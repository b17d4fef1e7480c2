import { join } from "node:path";

import type { Backend } from "@ocilayout/oci-backend";
import { closeWriters, defineBackend, listOf, sameBackend } from "@ocilayout/oci-backend";
import { layoutNames } from "@ocilayout/oci-types";

import { deleterOf } from "./registry/deleter.ts";
import { directDisk } from "./disk/direct-disk.ts";
import type { Disk } from "./disk/disk.ts";
import { nodeDisk } from "./disk/disk.ts";
import { areLocal } from "./disk/local-file-system.ts";
import { requireOpenable } from "./disk/way.ts";
import type { GcOptions, GcReport } from "./maintenance/garbage.ts";
import { collectGarbage } from "./maintenance/garbage.ts";
import { Layout } from "./layout/layout.ts";
import type { LayoutStore } from "./layout-store.ts";
import type { ManifestListing } from "./registry/list-manifests.ts";
import { listManifests } from "./registry/list-manifests.ts";
import { listerOf } from "./registry/lister.ts";
import type { LayoutOptions, LayoutSettings } from "./layout/options.ts";
import { completeOptions, requireDirectory } from "./layout/options.ts";
import { rememberLayout } from "./layout/open-layouts.ts";
import { mounterOf } from "./mount-from.ts";
import { readerOf } from "./registry/reader.ts";
import { viewOf } from "./registry/stored-content.ts";
import { LayoutUploads } from "./uploads/uploads.ts";
import type { Finding, VerifyOptions } from "./maintenance/finding.ts";
import { verifyLayout } from "./maintenance/verify.ts";
import { writerOf } from "./registry/writer.ts";

/** An OCI Image Layout directory as a registry. */
export interface LayoutRegistry extends LayoutStore {
  /**
   * Checks the whole layout for damaged, missing and unneeded content, and hashes every blob. It changes nothing.
   *
   * Damage is reported as findings, and so are blobs and uploads that cannot be read. The iteration rejects only if the
   * system refuses to let it read `index.json` or `oci-layout`: then with `STORAGE_FAILED`.
   */
  verify(options?: VerifyOptions): AsyncIterable<Finding>;
  /**
   * Removes blobs that no entry reaches, expired upload sessions, and debris of dead processes. It is safe beside
   * pushes of this and other processes. It keeps:
   *
   * - whatever is younger than `graceMs`;
   * - content that a foreign entry reaches;
   * - content whose digest appears in a document of an unknown type.
   *
   * If `blobs` is a link, other layouts may need the blobs: see the option `sharedWith`.
   *
   * @throws `RegistryError` `LAYOUT_INVALID` if a manifest is damaged or `_uploads` is not a directory;
   * `STORAGE_FAILED` if the system refuses to let a manifest be read. In both cases nothing is removed.
   */
  gc(options?: GcOptions): Promise<GcReport>;
}

/**
 * Opens the OCI Image Layout in `directory` as a registry. Opening creates nothing and reads no file. A missing
 * directory is an empty layout until the first write. In a damaged layout every call fails with `LAYOUT_INVALID`.
 *
 * Any number of registries, in any number of processes, may open the same directory. Each sees the writes of the others
 * at its next call.
 *
 * @throws TypeError or RangeError if an option is invalid; `RegistryError` `NAME_INVALID` if `defaultRepository` is not
 * a repository name, `LAYOUT_INVALID` if `readOnly` is set and the directory does not exist.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-layout.md}
 */
export async function openLayout(directory: string, options: LayoutOptions = {}): Promise<LayoutRegistry> {
  const root = requireDirectory(directory, "a directory");
  const settings = completeOptions(options);
  const { blobDirectory = join(root, layoutNames.blobs), sharedWith = [] } = settings;
  const isLocal = areLocal([root, blobDirectory, ...sharedWith]);
  return open(isLocal ? directDisk : nodeDisk, root, settings);
}

/** {@link openLayout} on a given file system. Tests pass one that fails. */
export function openLayoutOn(disk: Disk, directory: string, options: LayoutOptions = {}): LayoutRegistry {
  return open(disk, requireDirectory(directory, "a directory"), completeOptions(options));
}

function open(disk: Disk, root: string, settings: LayoutSettings): LayoutRegistry {
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
    ...readerOf(viewOf(layout)),
    ...writerOf(layout),
    ...deleterOf(layout),
    ...listerOf(layout),
    startUpload,
    resumeUpload,
    findUpload,
  };
  const made = defineBackend(backend);
  const close = (): Promise<void> =>
    layout.close(async () => {
      await uploads.close();
      await closeWriters(made);
    });
  const registry: LayoutRegistry = sameBackend(made, {
    ...made,
    ...mounterOf(layout),
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
