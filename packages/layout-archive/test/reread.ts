import { defineRegistry } from "@ocilayout/oci-backend";
import { openLayout } from "@ocilayout/layout-core";
import type { ConformanceTarget } from "@ocilayout/layout-testkit";
import { layoutNames, type Registry } from "@ocilayout/oci-types";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openArchive, type ArchiveRegistry } from "../src/index.ts";
import { membersOf, tarOf } from "./archives.ts";

/**
 * Returns a target that writes to a layout and reads from an archive of that layout. The archive is made again after each
 * write, so the kit's cases can fill it.
 */
export async function archivedLayout(directory: string): Promise<ConformanceTarget> {
  const layout = await openLayout(join(directory, "layout"), { durability: "none" });
  const opened: ArchiveRegistry[] = [];
  let archives = 0;
  let archive: Promise<ArchiveRegistry> | undefined;
  const archiveNow = async (): Promise<ArchiveRegistry> => {
    // Reads of several calls may make archives at the same time.
    const path = join(directory, `${archives}.tar`);
    archives += 1;
    const members: (readonly [string, string | Uint8Array])[] = existsSync(layout.directory)
      ? membersOf(layout.directory).filter(([name]) => !name.startsWith("_") && !name.startsWith("."))
      : [];
    // A layout that was never written to has no files. An archive of it would not be one of images.
    if (!members.some(([name]) => name === layoutNames.index))
      members.push([layoutNames.header, '{"imageLayoutVersion":"1.0.0"}'], [layoutNames.index, "{}"]);
    writeFileSync(path, await tarOf(members));
    const registry = await openArchive(path);
    opened.push(registry);
    return registry;
  };
  const read = (): Promise<ArchiveRegistry> => (archive ??= archiveNow());
  const written = async <Result>(call: Promise<Result>): Promise<Result> => {
    try {
      return await call;
    } finally {
      archive = undefined;
    }
  };
  const registry: Registry = {
    ...defineRegistry({
      getBlob: async (...args) => (await read()).getBlob(...args),
      getBlobRange: async (...args) => (await read()).getBlobRange(...args),
      getManifest: async (...args) => (await read()).getManifest(...args),
      getTag: async (...args) => (await read()).getTag(...args),
      resolveBlob: async (...args) => (await read()).resolveBlob(...args),
      resolveManifest: async (...args) => (await read()).resolveManifest(...args),
      resolveTag: async (...args) => (await read()).resolveTag(...args),
      async *tags(...args) {
        yield* (await read()).tags(...args);
      },
      async *referrers(...args) {
        yield* (await read()).referrers(...args);
      },
      async *repositories(...args) {
        yield* (await read()).repositories(...args);
      },
    }),
    pushBlob: (...args) => written(layout.pushBlob(...args)),
    pushManifest: (...args) => written(layout.pushManifest(...args)),
    mountBlob: (...args) => written(layout.mountBlob(...args)),
    deleteBlob: (...args) => written(layout.deleteBlob(...args)),
    deleteManifest: (...args) => written(layout.deleteManifest(...args)),
    deleteTag: (...args) => written(layout.deleteTag(...args)),
  };
  return {
    registry,
    async [Symbol.asyncDispose]() {
      await layout.close();
      for (const one of opened) await one.close();
    },
  };
}
