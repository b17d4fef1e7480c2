import type { BlobWriter, Registry, RegistryCapabilities } from "@ocilayout/oci-types";

import type { Backend } from "./backend.ts";
import type { Changes } from "./changes.ts";
import { checkChanges } from "./changes.ts";
import { defineDeleter } from "./deleting.ts";
import { defineLister } from "./listing.ts";
import { defineReader } from "./reading.ts";
import { requireBackend } from "./require-backend.ts";
import { defineUploads } from "./uploads.ts";
import { defineWriter } from "./writing.ts";

/** What is behind a registry that {@link defineBackend} made. */
interface Behind {
  readonly backend: Backend;
  readonly writers: Set<BlobWriter>;
}

const behind: WeakMap<object, Behind> = new WeakMap();

/**
 * Makes a whole `Registry` of the storage that a backend has. Every call is checked and normalised here, once: types,
 * names, digests, tags, options, signals. The backend sees valid values only, and what it does not have is made for it:
 * verified readers, upload writers, pages of lists, the errors for what is not there.
 *
 * @param backend - An object, or an instance of a class: its methods are called on it.
 * @throws TypeError or RangeError if a member that `Backend` names is something else.
 */
export function defineBackend(backend: Backend): Registry {
  requireBackend(backend);
  const writers: Set<BlobWriter> = new Set();
  const changes = checkChanges(backend);
  const registry: Registry = {
    capabilities: { ...missingMethods(backend, changes), ...backend.capabilities },
    ...defineReader(backend),
    ...defineWriter(backend, changes),
    ...defineUploads(backend, writers),
    ...defineDeleter(backend, changes),
    ...defineLister(backend, changes),
  };
  behind.set(registry, { backend, writers });
  return registry;
}

/**
 * Makes `registry` of the same backend as `made`, which {@link defineBackend} returned: for objects with more members.
 *
 * @returns `registry`.
 */
export function sameBackend<Wider extends Registry>(made: Registry, registry: Wider): Wider {
  const found = behind.get(made);
  if (found !== undefined) behind.set(registry, found);
  return registry;
}

/** The backend of a registry that {@link defineBackend} made; `undefined` for any other. */
export function backendOf(registry: Registry): Backend | undefined {
  return behind.get(registry)?.backend;
}

/** Closes the upload writers of `registry` that are open; their sessions stay. For backends that are about to close. */
export async function closeWriters(registry: Registry): Promise<void> {
  await Promise.all(Array.from(behind.get(registry)?.writers ?? [], (writer) => writer.close()));
}

/** The capability that needs a method. */
const NEEDED: readonly (readonly [keyof RegistryCapabilities, keyof Backend])[] = [
  ["deleteBlob", "deleteBlob"],
  ["deleteManifest", "deleteManifest"],
  ["deleteTag", "deleteTag"],
  ["resumableUploads", "startUpload"],
  ["mount", "mountBlob"],
  ["repositories", "repositories"],
  ["referrers", "referrers"],
];

function missingMethods(backend: Backend, { referrers }: Changes): Partial<RegistryCapabilities> {
  const missing = NEEDED.filter(
    ([, method]) => backend[method] === undefined && !(method === "referrers" && referrers !== undefined),
  );
  return Object.fromEntries(missing.map(([capability]) => [capability, false]));
}
