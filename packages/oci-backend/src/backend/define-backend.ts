import type { Registry, RegistryCapabilities } from "@ocilayout/oci-types";

import type { Backend } from "./backend.ts";
import type { Changes } from "./changes.ts";
import { checkChanges } from "./changes.ts";
import { defineDeleter } from "./deleting.ts";
import { defineLister } from "./listing.ts";
import { defineReader } from "./reading.ts";
import { requireBackend } from "./require-backend.ts";
import type { Writers } from "./uploads.ts";
import { defineUploads } from "./uploads.ts";
import { defineWriter } from "./writing.ts";

/** The backend and the open writers of a registry from {@link defineBackend}. */
interface Behind {
  readonly backend: Backend;
  readonly writers: Writers;
}

const behind: WeakMap<object, Behind> = new WeakMap();

/**
 * Creates a `Registry` from a backend. It checks every argument once: types, names, digests, tags, options and signals. So
 * the backend receives valid values only. It also adds verified readers, upload writers, pages of lists, and the errors for
 * missing content.
 *
 * @param backend - An object, or an instance of a class. Its methods are called with it as `this`.
 * @throws TypeError or RangeError if a member of the backend has the wrong type or value.
 */
export function defineBackend(backend: Backend): Registry {
  requireBackend(backend);
  const writers: Writers = { open: new Set(), areClosed: false };
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
 * Gives `registry`, an object with additional members, the backend of `made`, which {@link defineBackend} returned.
 *
 * @returns `registry`.
 */
export function sameBackend<Wider extends Registry>(made: Registry, registry: Wider): Wider {
  const found = behind.get(made);
  if (found !== undefined) behind.set(registry, found);
  return registry;
}

/** Returns the backend of a registry from {@link defineBackend}, or `undefined` for any other registry. */
export function backendOf(registry: Registry): Backend | undefined {
  return behind.get(registry)?.backend;
}

/**
 * Closes the open upload writers of `registry`, keeps their sessions, and opens no more. Waits for writers that are already
 * ending. If one fails, the others are closed all the same. Call it before a backend closes.
 */
export async function closeWriters(registry: Registry): Promise<void> {
  const writers = behind.get(registry)?.writers;
  if (writers === undefined) return;
  writers.areClosed = true;
  const closing = Array.from(writers.open, (writer) => writer.close());
  await Promise.allSettled(closing);
  await Promise.all(closing);
}

/** The capabilities that need a method. */
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
