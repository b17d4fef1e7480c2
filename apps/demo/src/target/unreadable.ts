import type { LayoutStore } from "@ocilayout/layout-core";
import type { CallOptions } from "@ocilayout/oci-types";

import { countOf } from "../output/text.ts";

/** How many manifests of a repository have a name in `index.json` that cannot be read as a repository and a tag. */
export async function countUnreadable(
  registry: LayoutStore,
  repository: string,
  options: CallOptions,
): Promise<number> {
  let count = 0;
  for await (const { unreadableNames } of registry.manifests(repository, options))
    if (unreadableNames.length > 0) count += 1;
  return count;
}

/** The same in words; empty if there is none. */
export function describeUnreadable(count: number): string {
  return count === 0 ? "" : `${countOf(count, "manifest")} whose name cannot be read`;
}
