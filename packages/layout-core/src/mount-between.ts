import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { beginCall } from "@ocilayout/oci-backend";
import { octetStream } from "@ocilayout/oci-types";
import { requireDigest } from "@ocilayout/oci-types/authors";

import { storageError } from "./disk/storage-error.ts";
import type { LayoutRegistry } from "./open-layout.ts";
import { layoutOf } from "./layout/open-layouts.ts";

/**
 * Makes a blob of one layout a blob of another, without reading it: the file is linked or cloned where the file system
 * can, else copied. What is mounted outlives its source, and counts as written now; so does a blob that the target has.
 *
 * @throws `RegistryError` `BLOB_UNKNOWN` where the source does not have it; TypeError where either is not open here.
 */
export async function mountBetween(
  source: LayoutRegistry,
  target: LayoutRegistry,
  digest: string,
  options: CallOptions = {},
): Promise<Descriptor> {
  const [from, to] = [layoutOf(source), layoutOf(target)];
  const wanted = requireDigest(digest).digest;
  beginCall(from, "read", options);
  const signal = beginCall(to, "write", options);
  try {
    // Neither is touched if it is damaged, or if a link leads to it.
    for (const { index } of [from, to]) await index.read();
    const size = await from.blobs.size(wanted);
    if (size === undefined) throw from.blobs.unknown(wanted);
    const descriptor = { mediaType: octetStream, digest: wanted, size };
    if (
      (await to.blobs.size(wanted)) === size &&
      (await to.locked((tx) => tx.blobs.renew(descriptor), { signal }))
    ) {
      return descriptor;
    }
    await to.index.ensure(signal);
    const path = await from.blobs.realPath(wanted);
    const staged = path === undefined ? undefined : await to.staging.stageFile(path, descriptor);
    if (staged === undefined) throw from.blobs.unknown(wanted);
    await to.staging.orDrop(staged, async () => {
      signal?.throwIfAborted();
      await to.place(staged, signal);
    });
    return descriptor;
  } catch (error) {
    throw storageError(error, "mounting a blob");
  }
}
