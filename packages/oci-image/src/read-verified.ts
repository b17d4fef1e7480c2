import type { BlobReader, CallOptions, Descriptor } from "@ocilayout/oci-types";
import { concatBytes, RegistryError, verifyStream } from "@ocilayout/oci-types";

/**
 * Reads the whole content of `reader` and verifies it against `descriptor`, whether or not its registry does.
 *
 * @throws `RegistryError` `CONTENT_CORRUPT` if size or digest differ.
 */
export async function readVerified(
  reader: BlobReader,
  descriptor: Descriptor,
  { signal }: CallOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const mismatch = (_what: "size" | "digest", message: string, detail: unknown): RegistryError =>
    new RegistryError("CONTENT_CORRUPT", `stored ${message}`, { detail });
  const chunks: Uint8Array[] = [];
  for await (const chunk of verifyStream(reader, descriptor, { signal, mismatch }))
    chunks.push(chunk.slice());
  return concatBytes(chunks, descriptor.size);
}
