import { lstatSync } from "node:fs";
import { join } from "node:path";

import { mountBetween } from "@ocilayout/layout-core";
import type { MountCall } from "@ocilayout/oci-backend";
import { unknownBlob } from "@ocilayout/oci-backend";
import type { CallOptions, Digest } from "@ocilayout/oci-types";
import { isRegistryError, layoutNames } from "@ocilayout/oci-types";

import { discover } from "./discover.ts";
import type { OpenLayouts } from "./open-layouts.ts";
import { repositoryDirectory } from "./repository-path.ts";

/** Mounts a blob of one layout into another; returns its size in bytes. */
export async function mountInto(
  layouts: OpenLayouts,
  root: string,
  { from, repository, digest, signal }: MountCall,
): Promise<number> {
  // All names are looked at before any layout.
  if (from !== undefined) repositoryDirectory(root, from);
  repositoryDirectory(root, repository);
  const source = from ?? (await findOwner(layouts, root, repository, digest, { signal }));
  if (source === undefined) throw unknownBlob(digest, "no repository has it");
  const { size } = await layouts.call(source, (one) =>
    layouts.call(repository, (other) => mountBetween(one, other, digest, { signal })),
  );
  return size;
}

/** A repository that has the blob, the target itself before any other. Another one that cannot be read has none. */
async function findOwner(
  layouts: OpenLayouts,
  root: string,
  target: string,
  digest: Digest,
  options: CallOptions,
): Promise<string | undefined> {
  if (await has(layouts, target, digest, options)) return target;
  const path = join(layoutNames.blobs, digest.replace(":", "/"));
  for await (const repository of discover(root, options)) {
    // Most have nothing of that name: their index need not be read.
    if (!isThere(join(root, repository, path))) continue;
    if (await has(layouts, repository, digest, options).catch(noneIfUnreadable)) return repository;
  }
  return undefined;
}

async function has(
  layouts: OpenLayouts,
  repository: string,
  digest: Digest,
  options: CallOptions,
): Promise<boolean> {
  try {
    await layouts.call(repository, (layout) => layout.resolveBlob(repository, digest, options));
    return true;
  } catch (error) {
    if (isRegistryError(error, "BLOB_UNKNOWN")) return false;
    throw error;
  }
}

/** False for what is wrong with one layout; passes on what concerns the call. */
function noneIfUnreadable(error: unknown): false {
  if (isRegistryError(error, "LAYOUT_INVALID", "STORAGE_FAILED")) return false;
  throw error;
}

/** Whether anything is at `path`, a link or not. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
