import { existsSync } from "node:fs";
import { join } from "node:path";

import type { CallOptions, Registry } from "@ocilayout/oci-types";
import { emptyDescriptor, layoutNames } from "@ocilayout/oci-types";

import type { Output } from "../output/output.ts";
import { printable } from "../output/text.ts";
import type { Target } from "../places/target.ts";

/** Reports a layout that did not exist when its place was found, and exists now. */
export async function noteCreated(
  { kind, directory, exists }: Pick<Target, "kind" | "directory" | "exists">,
  output: Output,
): Promise<void> {
  if (kind !== "layout" || exists || !existsSync(join(directory, layoutNames.header))) return;
  await output.note(`ocilayout: created the layout ${printable(directory)}`);
}

/** Creates the files of a new layout: its first write does, so this pushes a blob and deletes it again. */
export async function createLayout(
  registry: Pick<Registry, "pushBlob" | "deleteBlob">,
  repository: string,
  { signal }: CallOptions,
): Promise<void> {
  await registry.pushBlob(repository, emptyDescriptor, new TextEncoder().encode("{}"), { signal });
  await registry.deleteBlob(repository, emptyDescriptor.digest, { signal });
}
