import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";

import { packPackages } from "./pack.ts";
import { publishPackage } from "./publish.ts";
import type { ReadTag } from "./read-back.ts";
import { readBack } from "./read-back.ts";

/**
 * Packs the packages below `packages`, publishes each into the layout `directory`, and reads back all that the layout
 * holds, verified.
 */
export async function publishAll(packages: string, directory: string): Promise<ReadTag[]> {
  const tarballs = await mkdtemp(join(tmpdir(), "ocilayout-demo-"));
  try {
    await mkdir(directory, { recursive: true });
    const registry = await openLayout(directory);
    try {
      for (const packed of await packPackages(packages, tarballs)) await publishPackage(registry, packed);
      const tags: ReadTag[] = [];
      for await (const tag of readBack(registry)) tags.push(tag);
      return tags;
    } finally {
      await registry.close();
    }
  } finally {
    await rm(tarballs, { recursive: true });
  }
}
