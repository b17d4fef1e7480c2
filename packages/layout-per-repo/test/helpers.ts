import { join } from "node:path";

import { blobPath as blobPathIn, temporaryDirectory } from "@ocilayout/testing";
import { onTestFinished } from "vitest";

import { openPerRepository, type PerRepositoryOptions, type PerRepositoryRegistry } from "../src/index.ts";

/** A registry over a directory that is not there yet; closed when the test is over. */
export async function open(
  options: PerRepositoryOptions = {},
  directory: string = join(temporaryDirectory(), "layouts"),
): Promise<PerRepositoryRegistry> {
  const registry = await openPerRepository(directory, { durability: "none", ...options });
  onTestFinished(() => registry.close());
  return registry;
}

/** Where a repository's layout keeps the blob `digest`. */
export function blobPath(registry: PerRepositoryRegistry, repository: string, digest: string): string {
  return blobPathIn(join(registry.directory, repository), digest);
}
