import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { beginCall } from "@ocilayout/oci-backend";
import { requireDigest } from "@ocilayout/oci-types/authors";

import { layoutOf } from "./layout/open-layouts.ts";
import { mountFile } from "./mount-from.ts";
import type { LayoutRegistry } from "./open-layout.ts";

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
  const mounted = await mountFile({ from, to, digest: wanted, size: undefined, signal }, "copy");
  if (mounted === undefined) throw from.blobs.unknown(wanted);
  return mounted;
}
