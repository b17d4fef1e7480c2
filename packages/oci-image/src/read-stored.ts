import type { BlobReader, CallOptions, Descriptor } from "@ocilayout/oci-types";
import { readVerified } from "@ocilayout/oci-types/authors";

/**
 * Reads the content of `reader` and verifies it against `descriptor`, even if the registry does not verify content.
 *
 * @throws `RegistryError` `CONTENT_CORRUPT` if size or digest differ.
 */
export async function readStored(
  reader: BlobReader,
  descriptor: Descriptor,
  { signal }: CallOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  return readVerified(reader, descriptor, { signal, origin: "stored" });
}
