import { lstatSync } from "node:fs";
import { join } from "node:path";

import { mountBetween } from "@ocilayout/layout-core";
import type { Backend, MountCall } from "@ocilayout/oci-backend";
import { beginCall, unknownBlob } from "@ocilayout/oci-backend";
import type { CallOptions, Digest, MountsFrom } from "@ocilayout/oci-types";
import { isRegistryError, layoutNames, mountFrom } from "@ocilayout/oci-types";

import { discover } from "./discover.ts";
import type { OpenLayouts } from "./open-layouts.ts";
import { repositoryDirectory } from "./repository-path.ts";

/** Mounts a blob of one layout into another. Returns its size in bytes. */
export async function mountInto(
  layouts: OpenLayouts,
  root: string,
  { from, repository, digest, signal }: MountCall,
): Promise<number> {
  // Check all names before any layout.
  if (from !== undefined) repositoryDirectory(root, from);
  repositoryDirectory(root, repository);
  const source = from ?? (await findOwner(layouts, root, repository, digest, { signal }));
  if (source === undefined) throw unknownBlob(digest, "no repository has it");
  const { size } = await layouts.call(source, (one) =>
    layouts.call(repository, (other) => mountBetween(one, other, digest, { signal })),
  );
  return size;
}

/** Implements mounts from other registries: the layout of the target repository takes the blob. */
export function mounterOf(layouts: OpenLayouts, backend: Pick<Backend, "begin">): MountsFrom {
  return {
    async [mountFrom](source, from, to, blob, options = {}) {
      beginCall(backend, "write", options);
      return layouts.call(to, (layout) => layout[mountFrom](source, from, to, blob, options));
    },
  };
}

/** Finds a repository that has the blob, the target first. Other repositories that cannot be read are skipped. */
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
    // Skip a repository without such a file, and do not read its index.
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

/** Returns false for a failure of one layout, and throws anything else. */
function noneIfUnreadable(error: unknown): false {
  if (isRegistryError(error, "LAYOUT_INVALID", "STORAGE_FAILED")) return false;
  throw error;
}

/** Whether `path` exists. A link is not followed. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
