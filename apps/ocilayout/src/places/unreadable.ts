import type { CallOptions } from "@ocilayout/oci-types";

import { countOf } from "../output/text.ts";
import type { OpenRegistry } from "./target.ts";

/** Counts the manifests of a repository whose name in `index.json` cannot be read as a repository and a tag. */
export async function countUnreadable(
  registry: OpenRegistry,
  repository: string,
  options: CallOptions,
): Promise<number> {
  let count = 0;
  for await (const { unreadableNames } of registry.manifests?.(repository, options) ?? [])
    if (unreadableNames.length > 0) count += 1;
  return count;
}

/** Describes that count. Returns an empty string for 0. */
export function describeUnreadable(count: number): string {
  return count === 0 ? "" : `${countOf(count, "manifest")} whose name cannot be read`;
}
