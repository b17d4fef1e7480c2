import { resolve } from "node:path";

import type { Registry } from "@ocilayout/oci-types";
import { defineRegistry } from "@ocilayout/oci-types";

import type { Disk } from "./fs/disk.ts";
import { nodeDisk } from "./fs/disk.ts";
import { Layout } from "./layout.ts";
import { LayoutLister } from "./lister.ts";
import type { LayoutOptions } from "./options.ts";
import { completeOptions } from "./options.ts";
import { LayoutReader } from "./reader.ts";
import { LayoutWriter } from "./writer.ts";

/** An OCI Image Layout directory as a registry. */
export interface LayoutRegistry extends Registry, AsyncDisposable {
  /** The directory, as an absolute path. */
  readonly directory: string;
  /** Waits for what is being written and frees what is held; every later call is `CLOSED`. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the OCI Image Layout in `directory` as a registry. Opening creates nothing and reads nothing: a directory that
 * is not there is an empty layout until the first write, and one that is damaged is `LAYOUT_INVALID` in every call.
 *
 * Any number of registries, in any number of processes, may have the same directory open: each sees at its next call
 * what the others wrote.
 *
 * @throws TypeError or RangeError where an option makes no sense; `RegistryError` `NAME_INVALID` for a
 * `defaultRepository` that is none.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-layout.md}
 */
export async function openLayout(directory: string, options: LayoutOptions = {}): Promise<LayoutRegistry> {
  return openLayoutOn(nodeDisk, directory, options);
}

/** {@link openLayout} on a file system of the caller's choice: what tests make fail. */
export function openLayoutOn(disk: Disk, directory: string, options: LayoutOptions = {}): LayoutRegistry {
  if (typeof directory !== "string") throw new TypeError(`a directory must be a string, not ${typeof directory}`);
  if (directory === "" || directory.includes("\0")) throw new TypeError("a directory must be a path");
  const root = resolve(directory);
  const layout = new Layout(disk, root, completeOptions(options));
  const reader = new LayoutReader(layout);
  const writer = new LayoutWriter(layout);
  const lister = new LayoutLister(layout);
  const registry = defineRegistry({
    capabilities: {
      repositoryScopedBlobs: false,
      deleteBlob: false,
      deleteManifest: false,
      deleteTag: false,
      resumableUploads: false,
      mount: false,
      referrers: false,
    },
    getBlob: (...args) => reader.getBlob(...args),
    getManifest: (...args) => reader.getManifest(...args),
    getTag: (...args) => reader.getTag(...args),
    resolveTag: (...args) => reader.resolveTag(...args),
    pushBlob: (...args) => writer.pushBlob(...args),
    pushManifest: (...args) => writer.pushManifest(...args),
    tags: (...args) => lister.tags(...args),
    repositories: (...args) => lister.repositories(...args),
  });
  const close = (): Promise<void> => layout.close();
  return { ...registry, directory: root, close, [Symbol.asyncDispose]: close };
}
