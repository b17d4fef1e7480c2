import type { CallOptions, Descriptor, Registry } from "@ocilayout/oci-types";
import { isRegistryError, verifyStream } from "@ocilayout/oci-types";

import { readManifest } from "../reading/read-manifest.ts";

/** A repository whose content is verified. */
interface Checked {
  readonly registry: Registry;
  readonly repository: string;
}

/** Whether a repository has a manifest whose bytes match its digest. */
export async function isIntactManifest(
  { registry, repository }: Checked,
  digest: string,
  options: CallOptions,
): Promise<boolean> {
  return unlessDamaged(async () => {
    await readManifest({ registry, repository, reference: digest }, options);
  });
}

/** Whether a repository has a blob whose bytes match its digest and size. Reads the blob, and does not keep it. */
export async function isIntactBlob(
  { registry, repository }: Checked,
  blob: Descriptor,
  options: CallOptions,
): Promise<boolean> {
  return unlessDamaged(async () => {
    const { digest, size } = blob;
    const reader = await registry.getBlob(repository, digest, { ...options, verify: false });
    const chunks = verifyStream(reader, { digest, size }, { ...options, origin: "stored" });
    let step = await chunks.next();
    while (step.done !== true) step = await chunks.next();
  });
}

/** The codes of content that is corrupt or lost. */
const DAMAGED = [
  "BLOB_UNKNOWN",
  "CONTENT_CORRUPT",
  "DIGEST_INVALID",
  "MANIFEST_INVALID",
  "MANIFEST_UNKNOWN",
  "NAME_UNKNOWN",
  "SIZE_INVALID",
] as const;

async function unlessDamaged(read: () => Promise<void>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isRegistryError(error, ...DAMAGED)) return false;
    throw error;
  }
}
