import { join } from "node:path";

import { blobPath as blobPathIn, temporaryDirectory } from "@ocilayout/testing";
import { onTestFinished } from "vitest";

import { openPerRepository, type PerRepositoryOptions, type PerRepositoryRegistry } from "../src/index.ts";

/** Opens a registry over a missing directory, and closes it after the test. */
export async function open(
  options: PerRepositoryOptions = {},
  directory: string = join(temporaryDirectory(), "layouts"),
): Promise<PerRepositoryRegistry> {
  const registry = await openPerRepository(directory, { durability: "none", ...options });
  onTestFinished(() => registry.close());
  return registry;
}

/** Returns the path of the blob `digest` in a repository's layout. */
export function blobPath(registry: PerRepositoryRegistry, repository: string, digest: string): string {
  return blobPathIn(join(registry.directory, repository), digest);
}
