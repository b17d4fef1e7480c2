import { requireCount, requireFlag, requireObject } from "@ocilayout/oci-types/authors";

import type { Backend } from "./backend.ts";

type Setting = "capabilities" | "maxManifestBytes" | "verifyOnRead";

/** The methods that a backend may have. A record, so that the compiler reports a missing one. */
const METHODS: Readonly<Record<Exclude<keyof Backend, Setting>, true>> = {
  begin: true,
  openBlob: true,
  sizeOfBlob: true,
  findManifest: true,
  findTag: true,
  openManifest: true,
  loadManifest: true,
  loadTag: true,
  resolveManifest: true,
  pushBlob: true,
  mountBlob: true,
  manifests: true,
  pushManifest: true,
  startUpload: true,
  resumeUpload: true,
  findUpload: true,
  deleteBlob: true,
  deleteManifest: true,
  deleteTag: true,
  tags: true,
  referrers: true,
  repositories: true,
};

/**
 * Checks that the members of a backend have the right types. Otherwise a field with the name of a method would count as one.
 *
 * @throws TypeError or RangeError if a member is invalid.
 */
export function requireBackend(backend: Backend): void {
  requireObject(backend, "a backend");
  const { capabilities = {}, maxManifestBytes = 0, verifyOnRead = true } = backend;
  requireObject(capabilities, "capabilities");
  requireCount(maxManifestBytes, "maxManifestBytes");
  requireFlag(verifyOnRead, "verifyOnRead");
  for (const name of Object.keys(METHODS)) {
    const member: unknown = Reflect.get(backend, name);
    if (member !== undefined && typeof member !== "function")
      throw new TypeError(`${name} of a backend must be a method, not ${typeof member}`);
  }
}
