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

/** What a garbage collection may take, and what it must leave. */
export const layoutGarbageCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-85",
    title: "a mounted blob is dated as if it were written now",
    level: "MUST",
    cites: [clause(10, "age"), clause(32, "ages")],
    needsLayout,
    why: "a garbage collection takes what is old: the blob would be gone before the manifest comes that needs it",
    lookFor: "a link that has the date of its source; a mount that ends when the file is there",
    run: async ({ registry, layoutDirectory }) => {
      const { descriptor } = await pushText(registry, "hello");
      await utimes(blobPath(layoutDirectory(repo), descriptor.digest), 1, 1);
      await resolves(() => registry.mountBlob(repo, other, descriptor.digest), "the mount");
      await isDatedNow(layoutDirectory(other), descriptor.digest);
      await utimes(blobPath(layoutDirectory(other), descriptor.digest), 1, 1);
      await resolves(() => registry.mountBlob(repo, other, descriptor.digest), "the mount of what is there");
      await isDatedNow(layoutDirectory(other), descriptor.digest);
    },
  },
  {
    id: "LAYOUT-86",
    title: "a blob that an upload commits is dated as if it were written now",
    level: "MUST",
    cites: [clause(10, "age"), clause(32, "ages")],
    needsLayout,
    needs: ["resumableUploads"],
    why: "a slow client would lose the blob to a garbage collection in the moment of its commit",
    lookFor: "a file that is renamed with the date of its last byte",
    run: async ({ registry, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const { descriptor, content } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(content);
      for (const path of await listFiles(directory)) await utimes(join(directory, path), 1, 1);
      await resolves(() => writer.commit(descriptor.digest), "the commit");
      await isDatedNow(directory, descriptor.digest);
    },
  },
  {
    id: "LAYOUT-87",
    title: "no blob is deleted where blobs leads out of the layout",
    level: "MUST",
    cites: [clause(30, "shared-blobs")],
    needsLayout,
    why: "other layouts may share the directory, and need the blob",
    lookFor: "a deletion that asks one index.json only",
    run: async ({ registry, layoutDirectory }) => {
      const { descriptor } = await pushText(registry, "hello");
      await withShared(layoutDirectory(repo), async () => {
        const outcome = await registry.deleteBlob(repo, descriptor.digest).then(
          () => "it is deleted",
          (error: unknown) => (isRegistryError(error, "DENIED") ? "DENIED" : String(error)),
        );
        equal(outcome, "DENIED", "what the deletion ends with");
        await resolves(
          () => stat(blobPath(layoutDirectory(repo), descriptor.digest)),
          "the file of the blob",
        );
      });
    },
  },
  {
    id: "LAYOUT-88",
    title: "a garbage collection removes no blob where blobs leads out of the layout",
    level: "MUST",
    cites: [clause(30, "shared-blobs")],
    needsLayout,
    why: "a collection of one layout destroys the others in a store that deduplicates",
    lookFor: "blobs that are taken for garbage because one index.json does not reach them",
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

/** Moves the blobs of a layout to a directory outside, and leaves a link to it, as stores that deduplicate do. */
async function withShared(directory: string, run: (shared: string) => Promise<void>): Promise<void> {
  await withOutside(async (outside) => {
    const blobs = join(directory, "blobs");
    await cp(blobs, outside, { recursive: true, preserveTimestamps: true });
    await rm(blobs, { recursive: true });
    await link(outside, blobs);
    equal((await readdir(blobs)).length > 0, true, "whether the shared directory has the blobs");
    try {
      await run(outside);
    } finally {
      await rm(blobs);
    }
  });
}
