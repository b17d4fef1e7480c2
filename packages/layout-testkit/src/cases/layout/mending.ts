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

/** Repairs of corrupt layouts. */
export const layoutMendingCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-30",
    title: "pushBlob replaces a corrupt blob",
    level: "MUST",
    cites: [clause(6, "replace")],
    needsLayout,
    needsReopen,
    why: "pushing content again is how a layout is repaired",
    lookFor: "a push that returns early if a file with this name exists",
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
    title: "commit replaces a corrupt blob",
    level: "MUST",
    cites: [clause(6, "replace"), clause(9, "commit")],
    needsLayout,
    needsReopen,
    needs: ["resumableUploads"],
    why: "uploading content again is how a client repairs a layout",
    lookFor: "a commit that returns early if a file with this name exists",
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
    title: "pushManifest replaces a corrupt manifest",
    level: "MUST",
    cites: [clause(6, "replace"), clause(19, "delete")],
    needsLayout,
    needsReopen,
    why: "pushing content again is how a layout is repaired",
    lookFor: "a push that returns early if a file with this name exists",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { digest } = await pushArtifact(registry, "one", ["a"]);
      const { content } = await namedArtifact("one");
      await putBlob(layoutDirectory(repo), digest, '{"manifests":[{},');
      const again = await reopen();
      await resolves(() => pushArtifact(again, "one", ["a"]), "a push of the corrupt manifest");
      await reads(await again.getTag(repo, "a"), content, "the manifest");
    },
  },
  {
    id: "LAYOUT-63",
    title: "a missing or corrupt manifest is readable as soon as its file is correct",
    level: "MUST",
    cites: [clause(8), clause(19), clause(26, "visible")],
    needsLayout,
    needsReopen,
    why: "files arrive one by one while a directory is copied, and are repaired while a server runs",
    lookFor: "a cached failure",
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
      // A registry may or may not find the leaf while the index between is missing.
      await get(leaf).catch(() => undefined);
      for (const { descriptor, content } of broken) await putBlob(directory, descriptor.digest, content);
      for (const it of [...broken, leaf])
        equal(await resolves(() => get(it), "getManifest after the repair"), it.content, "its content");
      equal(
        await resolves(
          () => again.resolveManifest(repo, missing.descriptor.digest),
          "resolveManifest after the repair",
        ),
        missing.descriptor,
        "its descriptor",
      );
      await reads(
        await resolves(() => again.getTag(repo, "t"), "getTag after the repair"),
        tagged.content,
        "the tag's content",
      );
    },
  },
];
