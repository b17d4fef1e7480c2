import { rm } from "node:fs/promises";

import type { ManifestContent } from "../../content/index.ts";
import { index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, reads, rejects, resolves } from "../../case/context.ts";
import { namedArtifact, pushArtifact, pushText, repo } from "../../case/content.ts";
import { blobPath, putBlob } from "./disk.ts";

const needsLayout = true;
const needsReopen = true;

/** How a layout that was damaged is mended. */
export const layoutMendingCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-30",
    title: "a damaged blob is replaced when it is pushed again",
    level: "MUST",
    cites: [clause(6, "replace")],
    needsLayout,
    needsReopen,
    why: "this is how a layout is mended",
    lookFor: "a push that ends where a file of that name exists",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      await putBlob(layoutDirectory(repo), descriptor.digest, "jello");
      const again = await reopen();
      await again.pushBlob(repo, descriptor, content);
      await reads(await again.getBlob(repo, descriptor.digest), content, "the blob");
    },
  },
  {
    id: "LAYOUT-31",
    title: "and when it is uploaded again",
    level: "MUST",
    cites: [clause(6, "replace"), clause(9, "commit")],
    needsLayout,
    needsReopen,
    needs: ["resumableUploads"],
    why: "this is how a client mends a layout",
    lookFor: "a commit that ends where a file of that name exists",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      await putBlob(layoutDirectory(repo), descriptor.digest, "jello");
      const again = await reopen();
      const writer = await again.pushBlobChunked(repo);
      await writer.write(content);
      await writer.commit(descriptor.digest);
      await reads(await again.getBlob(repo, descriptor.digest), content, "the blob");
    },
  },
  {
    id: "LAYOUT-52",
    title: "a damaged manifest is replaced when it is pushed again",
    level: "MUST",
    cites: [clause(6, "replace"), clause(19, "delete")],
    needsLayout,
    needsReopen,
    why: "this is how a layout is mended",
    lookFor: "a push that ends where a file of that name exists",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { digest } = await pushArtifact(registry, "one", ["a"]);
      const { content } = await namedArtifact("one");
      await putBlob(layoutDirectory(repo), digest, '{"manifests":[{},');
      const again = await reopen();
      await resolves(() => pushArtifact(again, "one", ["a"]), "the push of what is damaged");
      await reads(await again.getTag(repo, "a"), content, "the manifest");
    },
  },
  {
    id: "LAYOUT-63",
    title: "what was missing or damaged is read as soon as it is whole",
    level: "MUST",
    cites: [clause(8), clause(19), clause(26, "visible")],
    needsLayout,
    needsReopen,
    why: "files arrive one after the other while a directory is copied, and damage is mended while a server runs",
    lookFor: "a failure that is remembered",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const [damaged, missing, leaf, tagged] = [
        await namedArtifact("damaged"),
        await namedArtifact("missing"),
        await namedArtifact("leaf"),
        await namedArtifact("tagged"),
      ];
      const between = await index([leaf]);
      await pushContent(registry, repo, tagged, { tags: ["t"] });
      await pushContent(registry, repo, index([damaged, missing, between]), { tags: ["list"] });
      const broken = [damaged, missing, between, tagged];
      await putBlob(directory, damaged.descriptor.digest, " ".repeat(damaged.descriptor.size));
      for (const { descriptor } of broken.slice(1)) await rm(blobPath(directory, descriptor.digest));
      const again = await reopen();
      const get = async ({ descriptor }: ManifestContent): Promise<Uint8Array> =>
        (await again.getManifest(repo, descriptor.digest)).bytes();
      for (const it of broken)
        await rejects(() => get(it), it === damaged ? "CONTENT_CORRUPT" : "MANIFEST_UNKNOWN");
      await rejects(() => again.resolveManifest(repo, missing.descriptor.digest), "MANIFEST_UNKNOWN");
      await rejects(async () => (await again.getTag(repo, "t")).bytes(), "MANIFEST_UNKNOWN");
      // Whether it is known while what contains it is missing is the registry's affair.
      await get(leaf).catch(() => undefined);
      for (const { descriptor, content } of broken) await putBlob(directory, descriptor.digest, content);
      for (const it of [...broken, leaf])
        equal(await resolves(() => get(it), "what is whole again"), it.content, "its content");
      equal(
        await resolves(() => again.resolveManifest(repo, missing.descriptor.digest), "what was missing"),
        missing.descriptor,
        "what it is",
      );
      await reads(
        await resolves(() => again.getTag(repo, "t"), "the tag"),
        tagged.content,
        "what it points at",
      );
    },
  },
];
