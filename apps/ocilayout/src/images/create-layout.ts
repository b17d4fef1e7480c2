import type { CallOptions, Registry } from "@ocilayout/oci-types";
import { emptyDescriptor } from "@ocilayout/oci-types";

/** Creates the files of a new layout: its first write does, so this pushes a blob and deletes it again. */
export async function createLayout(
  registry: Pick<Registry, "pushBlob" | "deleteBlob">,
  repository: string,
  { signal }: CallOptions,
): Promise<void> {
  await registry.pushBlob(repository, emptyDescriptor, new TextEncoder().encode("{}"), { signal });
  await registry.deleteBlob(repository, emptyDescriptor.digest, { signal });
}
