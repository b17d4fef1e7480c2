import { mkdir, readdir, readFile, rename, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import type { Registry } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import { index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, holds, reads, rejects, resolves } from "../../case/context.ts";
import { NotApplicable } from "../../case/failure.ts";
import { bytes, namedArtifact, pushArtifact, pushText, repo } from "../../case/content.ts";
import { blobPath, link, listFiles, listTags, withOutside } from "./disk.ts";

const needsLayout = true;
const needsReopen = true;
/** The codes of calls about a manifest that cannot be read. */
const unusable = ["MANIFEST_UNKNOWN", "CONTENT_CORRUPT", "STORAGE_FAILED"] as const;

/** Layouts that an attacker prepared. */
export const layoutUntrustedCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-70",
    title: "files behind a link in place of an upload session are kept",
    level: "MUST",
    cites: [clause(30, "outside")],
    needsLayout,
    needsReopen,
    needs: ["resumableUploads"],
    why: "the author of a layout could choose which directory a garbage collection empties",
    lookFor: "sessions that are removed recursively by a path that follows links",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { descriptor } = await pushText(registry, "hello");
      await withOutside(async (outside) => {
        for (const name of ["data", "session.json", "thesis.txt"])
          await writeFile(join(outside, name), '{"repository":"conformance/a","algorithm":"sha256"}');
        for (const name of ["data", "session.json", "thesis.txt", "."])
          await utimes(join(outside, name), 1, 1);
        const uploads = join(layoutDirectory(repo), "_uploads");
        await mkdir(uploads, { recursive: true });
        await link(outside, join(uploads, "7d444840-9dc0-41d1-b245-5ffdce74fad2"));
        const again = await reopen();
        const writer = await resolves(() => again.pushBlobChunked(repo), "starting another upload");
        await writer.cancel();
        await collectGarbage(again);
        equal((await readdir(outside)).sort(), ["data", "session.json", "thesis.txt"], "the files outside");
        await resolves(() => again.resolveBlob(repo, descriptor.digest), "resolveBlob");
      });
    },
  },
  {
    id: "LAYOUT-71",
    title: "an _uploads directory that is a link is not written through",
    level: "MUST",
    cites: [clause(30, "outside"), clause(30, "files")],
    needsLayout,
    needsReopen,
    needs: ["resumableUploads"],
    why: "the author of a layout could choose where files are written",
    lookFor: "a directory that is used without checking for a symbolic link",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      await withOutside(async (outside) => {
        const uploads = join(layoutDirectory(repo), "_uploads");
        await rm(uploads, { recursive: true, force: true });
        await link(outside, uploads);
        const again = await reopen();
        const writer = await again.pushBlobChunked(repo).catch(() => undefined);
        await writer?.write(bytes("hello")).catch(() => undefined);
        await writer?.close().catch(() => undefined);
        await pushText(again, "another").catch(() => undefined);
        equal(await readdir(outside), [], "the files outside");
        await reads(
          await resolves(() => again.getBlob(repo, descriptor.digest), "getBlob, which needs no upload"),
          content,
          "the blob",
        );
      });
    },
  },
  {
    id: "LAYOUT-72",
    title: "an upload does not continue through a link in place of its file",
    level: "MUST",
    cites: [clause(30, "outside"), clause(30, "files")],
    needsLayout,
    needsReopen,
    needs: ["resumableUploads"],
    why: "the author of a layout could make a client append to any file of the user",
    lookFor: "a file that is opened for writing without checking for a symbolic link",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const received = "received before the link was made";
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes(received));
      await writer.close();
      const data = await findFile(directory, received);
      await withOutside(async (outside) => {
        const victim = join(outside, "authorized_keys");
        await rename(data, victim);
        await link(victim, data);
        const again = await reopen();
        const resumed = await again.pushBlobChunkedResume(repo, writer.id).catch(() => undefined);
        await resumed?.write(bytes("appended")).catch(() => undefined);
        await resumed?.close().catch(() => undefined);
        await again.cancelUpload(repo, writer.id).catch(() => undefined);
        equal(await readFile(victim, "utf8"), received, "the file outside");
      });
    },
  },
  {
    id: "LAYOUT-73",
    title:
      "a call about a manifest file that is far too large fails with a code, and other calls are unaffected",
    level: "MUST",
    cites: [clause(19), clause(30, "sizes"), clause(31)],
    needsLayout,
    needsReopen,
    why: "one sparse file, which uses no space on disk, could use all memory of a server",
    lookFor:
      "a file that is read whole whatever its size, or a size taken from the entry instead of the file",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const [one, two] = [
        await pushArtifact(registry, "one", ["a"]),
        await pushArtifact(registry, "two", ["b"]),
      ];
      await truncate(blobPath(layoutDirectory(repo), one.digest), 6e9).catch((cause: unknown) => {
        throw new NotApplicable(`cannot create a sparse file of 6 GB here: ${String(cause)}`);
      });
      const again = await reopen();
      await rejects(async () => (await again.getTag(repo, "a")).bytes(), ...unusable);
      await rejects(async () => (await again.getManifest(repo, one.digest)).bytes(), ...unusable);
      equal(await resolves(() => listTags(again), "tags()"), ["a", "b"], "the tags");
      equal(await resolves(() => again.resolveTag(repo, "b"), "resolveTag of the other tag"), two, "it");
      await resolves(async () => (await again.getTag(repo, "b")).bytes(), "getTag of the other tag");
      await resolves(() => collect(again.referrers(repo, two.digest)), "referrers() of another manifest");
    },
  },
  {
    id: "LAYOUT-74",
    title: "an index whose file links to itself does not affect other calls, and a push replaces it",
    level: "MUST",
    cites: [clause(6, "replace"), clause(31)],
    needsLayout,
    needsReopen,
    needs: ["deleteTag", "referrers"],
    why: "one bad file must not make a repository unreadable or remain forever",
    lookFor:
      "an error while all manifests are read to find referrers or references, or a stat that follows links",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const [good, child] = [await pushArtifact(registry, "good", ["good"]), await namedArtifact("child")];
      const about = await pushArtifact(registry, "about it", [], good);
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      const path = blobPath(layoutDirectory(repo), list.digest);
      const content = await readFile(path);
      await rm(path);
      await link(basename(path), path);
      const again = await reopen();
      equal(await resolves(() => listTags(again), "tags()"), ["good", "list"], "the tags");
      equal(
        await resolves(() => again.resolveManifest(repo, good.digest), "resolveManifest of another manifest"),
        good,
        "it",
      );
      const referrers = await resolves(
        () => collect(again.referrers(repo, good.digest)),
        "referrers() of another manifest",
      );
      holds(
        referrers.some(({ digest }) => digest === about.digest),
        "the intact referrer in the list",
        referrers,
      );
      await resolves(() => pushArtifact(again, "new"), "a push without a tag");
      await resolves(() => again.deleteTag(repo, "good"), "a deletion of another tag");
      await rejects(() => again.resolveManifest(repo, list.digest), ...unusable);
      await rejects(async () => (await again.getTag(repo, "list")).bytes(), ...unusable);
      await resolves(
        () => again.pushManifest(repo, content, list.mediaType, { tags: ["list"] }),
        "a push of the bad index",
      );
      await reads(
        await resolves(() => again.getTag(repo, "list"), "getTag after the push"),
        content,
        "the index",
      );
    },
  },
];

/** Returns the file below `directory` whose content is exactly `text`. */
async function findFile(directory: string, text: string): Promise<string> {
  for (const path of await listFiles(directory)) {
    const file = join(directory, path);
    if ((await readFile(file, "utf8")) === text) return file;
  }
  throw new NotApplicable(
    `no file below ${basename(dirname(directory))} consists of exactly the bytes that an upload received`,
  );
}

/** Collects garbage with the backend's own `gc` method, if it has one. */
async function collectGarbage(registry: Registry): Promise<void> {
  const gc: unknown = Reflect.get(registry, "gc");
  if (typeof gc === "function")
    await resolves(async () => Reflect.apply(gc, registry, []) as unknown, "a garbage collection");
}
