import type { BlobReader, CallOptions, Descriptor } from "@ocilayout/oci-types";
import { readVerified, RegistryError } from "@ocilayout/oci-types";

/**
 * Reads the whole content of `reader` and verifies it against `descriptor`, whether or not its registry does.
 *
 * @throws `RegistryError` `CONTENT_CORRUPT` if size or digest differ.
 */
export async function readStored(
  reader: BlobReader,
  descriptor: Descriptor,
  { signal }: CallOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const mismatch = (_what: "size" | "digest", message: string, detail: unknown): RegistryError =>
    new RegistryError("CONTENT_CORRUPT", `stored ${message}`, { detail });
  return readVerified(reader, descriptor, { signal, mismatch });
}
