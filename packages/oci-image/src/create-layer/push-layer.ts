import type { BlobWriter, RegistryWriter } from "@ocilayout/oci-types";

import type { PreparedLayer } from "../change/prepared-layer.ts";
import type { Place } from "../place/place.ts";
import { requireRepositoryOf } from "../place/place.ts";
import type { LayerFiles } from "./layer-file.ts";
import type { PushLayerOptions } from "./options.ts";
import { requireLayerOptions } from "./options.ts";
import { LayerPlan } from "./plan-layer.ts";
import { writeLayer } from "./write-layer.ts";

type UploadTarget = Pick<RegistryWriter, "pushBlobChunked"> & Partial<Pick<RegistryWriter, "cancelUpload">>;

/**
 * Makes a layer as `createLayer` does, and pushes it while it is made. It keeps the list of the files and one chunk in memory.
 * If it fails, it cancels the upload.
 *
 * @param to - The registry and the repository. The registry must support uploads in chunks. Without `cancelUpload`, a push that
 * its signal ends leaves an upload session, which expires.
 * @returns The layer without its content, for `appendLayer` in the same repository.
 * @throws As `createLayer` does, and as `pushBlobChunked` and the `commit` of its writer do.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks}
 */
export async function pushLayer(
  to: Omit<
    Place<Pick<RegistryWriter, "pushBlobChunked"> & Partial<Pick<RegistryWriter, "cancelUpload">>>,
    "reference"
  >,
  files: LayerFiles,
  options: PushLayerOptions = {},
): Promise<PreparedLayer> {
  const checked = requireLayerOptions({ ...options, maxBytes: undefined });
  const { signal } = checked;
  const { registry, repository } = requireRepositoryOf(to);
  const plan = await LayerPlan.of(files, checked);
  try {
    const upload = await registry.pushBlobChunked(repository, { signal });
    try {
      const layer = await writeLayer(plan, checked, async (chunk) => upload.write(chunk));
      await upload.commit(layer.descriptor.digest);
      return layer;
    } catch (error) {
      await cancel(registry, repository, upload);
      throw error;
    }
  } finally {
    await plan.release();
  }
}

/** The longest wait for a registry to cancel an upload, in milliseconds. */
const CANCEL_MS = 5000;

/**
 * Cancels an upload. If the signal ended the writer, the registry cancels its session. The failure before it is the one to report.
 */
async function cancel(registry: UploadTarget, repository: string, upload: BlobWriter): Promise<void> {
  try {
    await upload.cancel();
  } catch {
    const signal = AbortSignal.timeout(CANCEL_MS);
    await registry.cancelUpload?.(repository, upload.id, { signal }).catch(() => undefined);
  }
}
