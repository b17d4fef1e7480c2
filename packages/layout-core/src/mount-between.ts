import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { beginCall } from "@ocilayout/oci-backend";
import { octetStream } from "@ocilayout/oci-types";
import { requireDigest } from "@ocilayout/oci-types/authors";

import { storageError } from "./disk/storage-error.ts";
import type { LayoutRegistry } from "./open-layout.ts";
import { layoutOf } from "./layout/open-layouts.ts";

/**
 * Adds a blob of one layout to another without reading it. The file is linked or cloned if the file system supports it,
 * and copied if not. The mounted blob survives the deletion of its source. For `gc` it counts as written now, also if
 * the target had it already.
 *
 * @throws `RegistryError` `BLOB_UNKNOWN` if the source does not have the blob; TypeError if a registry was not opened
 * with `openLayout`.
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
    // Changes neither layout if one is damaged, or if a link leads to it.
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
    throw storageError(error, "mount the blob");
  }
}
