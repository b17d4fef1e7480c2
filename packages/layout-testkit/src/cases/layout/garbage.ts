import { cp, readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

import { isRegistryError } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, resolves } from "../../case/context.ts";
import { other, pushArtifact, pushText, repo } from "../../case/content.ts";
import { blobPath, collectAll, isDatedNow, link, listFiles, putBlob, withOutside } from "./disk.ts";

const needsLayout = true;

/** Garbage collection: what it may remove, and what it must keep. */
export const layoutGarbageCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-85",
    title: "mountBlob sets the date of the mounted blob file to now",
    level: "MUST",
    cites: [clause(10, "age"), clause(32, "ages")],
    needsLayout,
    why: "garbage collection removes old blobs, and could remove this one before its manifest is pushed",
    lookFor: "a link that keeps the date of its source, or a mount that returns early if the file exists",
    run: async ({ registry, layoutDirectory }) => {
      const { descriptor } = await pushText(registry, "hello");
      await utimes(blobPath(layoutDirectory(repo), descriptor.digest), 1, 1);
      await resolves(() => registry.mountBlob(repo, other, descriptor.digest), "a mount");
      await isDatedNow(layoutDirectory(other), descriptor.digest);
      await utimes(blobPath(layoutDirectory(other), descriptor.digest), 1, 1);
      await resolves(() => registry.mountBlob(repo, other, descriptor.digest), "a mount of an existing blob");
      await isDatedNow(layoutDirectory(other), descriptor.digest);
    },
  },
  {
    id: "LAYOUT-86",
    title: "commit sets the date of the blob file to now",
    level: "MUST",
    cites: [clause(10, "age"), clause(32, "ages")],
    needsLayout,
    needs: ["resumableUploads"],
    why: "garbage collection could remove the blob of a slow upload right after its commit",
    lookFor: "a file that is renamed without updating its date",
    run: async ({ registry, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const { descriptor, content } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(content);
      for (const path of await listFiles(directory)) await utimes(join(directory, path), 1, 1);
      await resolves(() => writer.commit(descriptor.digest), "a commit");
      await isDatedNow(directory, descriptor.digest);
    },
  },
  {
    id: "LAYOUT-87",
    title: "deleteBlob fails with DENIED if blobs links outside the layout",
    level: "MUST",
    cites: [clause(30, "shared-blobs")],
    needsLayout,
    why: "other layouts may share the directory and need the blob",
    lookFor: "a deletion that checks only one index.json",
    run: async ({ registry, layoutDirectory }) => {
      const { descriptor } = await pushText(registry, "hello");
      await withShared(layoutDirectory(repo), async () => {
        const outcome = await registry.deleteBlob(repo, descriptor.digest).then(
          () => "deleted",
          (error: unknown) => (isRegistryError(error, "DENIED") ? "DENIED" : String(error)),
        );
        equal(outcome, "DENIED", "the result of deleteBlob");
        await resolves(
          () => stat(blobPath(layoutDirectory(repo), descriptor.digest)),
          "reading the status of the blob file",
        );
      });
    },
  },
  {
    id: "LAYOUT-88",
    title: "garbage collection removes no blob if blobs links outside the layout",
    level: "MUST",
    cites: [clause(30, "shared-blobs")],
    needsLayout,
    why: "in a deduplicating store, collecting one layout's garbage would destroy other layouts",
    lookFor: "blobs treated as garbage because one index.json does not reference them",
    run: async ({ registry, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await pushArtifact(registry, "one", ["a"]);
      const others = await blob("another layout needs this");
      await putBlob(directory, others.descriptor.digest, others.content);
      await utimes(blobPath(directory, others.descriptor.digest), 1, 1);
      await withShared(directory, async (shared) => {
        const before = await listFiles(shared);
        await resolves(() => collectAll(registry), "a garbage collection");
        equal(await listFiles(shared), before, "the files of the shared directory");
        await resolves(() => pushText(registry, "hello"), "a push through the link");
      });
    },
  },
];

/** Moves the blobs of a layout to a directory outside and links to it, as deduplicating stores do. */
async function withShared(directory: string, run: (shared: string) => Promise<void>): Promise<void> {
  await withOutside(async (outside) => {
    const blobs = join(directory, "blobs");
    await cp(blobs, outside, { recursive: true, preserveTimestamps: true });
    await rm(blobs, { recursive: true });
    await link(outside, blobs);
    equal((await readdir(blobs)).length > 0, true, "the shared directory has the blobs");
    try {
      await run(outside);
    } finally {
      await rm(blobs);
    }
  });
}
