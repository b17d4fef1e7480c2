import { chmod, mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { collect, computeDigest } from "@ocilayout/oci-types";

import { image, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, imageSpec, rule } from "../../case/cites.ts";
import { equal, holds, rejects, resolves } from "../../case/context.ts";
import { absent, bytes, nowhere, other, pushArtifact, pushText, repo } from "../../case/content.ts";
import { areWhole, blobPath, isNamed, listFiles, readEntries, readPart } from "./disk.ts";

const needsLayout = true;

/** What a registry leaves on disk. */
export const layoutWritingCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-01",
    title: "what pushes and moved tags leave is a whole layout",
    level: "MUST",
    cites: [clause(23), clause(24), clause(25), imageSpec("image-layout.md")],
    needsLayout,
    why: "other tools read the directory too",
    lookFor: "what the message says of the path that it names",
    run: async ({ registry, layoutDirectory }) => {
      await pushContent(registry, repo, image({ layers: ["one", "two"] }), { tags: ["v1", "latest"] });
      await pushContent(registry, repo, image({ layers: ["three"] }), { tags: ["latest"] });
      await pushContent(registry, repo, index([image({ layers: ["four"] }), index([image()])]), {
        tags: ["all"],
      });
      const subject = await pushArtifact(registry, "untagged");
      await pushArtifact(registry, "about it", [], subject);
      await pushContent(registry, other, image(), { tags: ["v1"] });
      await areWhole(layoutDirectory(repo), layoutDirectory(other));
    },
  },
  {
    id: "LAYOUT-02",
    title: "what deletes leave is a whole layout",
    level: "MUST",
    cites: [clause(16), imageSpec("image-layout.md")],
    needsLayout,
    needs: ["deleteTag", "deleteManifest", "deleteBlob"],
    why: "what is left must not refer to what is gone",
    lookFor: "blobs that go with one manifest and belong to another, too",
    run: async ({ registry, layoutDirectory }) => {
      const one = await pushContent(registry, repo, image({ layers: ["shared", "one"] }), { tags: ["one"] });
      await pushContent(registry, repo, image({ layers: ["shared", "two"] }), { tags: ["two", "too"] });
      const list = await pushContent(registry, repo, index([image({ layers: ["shared", "three"] })]), {
        tags: ["list"],
      });
      const free = await pushText(registry, "free");
      await registry.deleteTag(repo, "too");
      await registry.deleteManifest(repo, one.digest);
      await registry.deleteManifest(repo, list.digest);
      await registry.deleteBlob(repo, free.descriptor.digest);
      await areWhole(layoutDirectory(repo));
    },
  },
  {
    id: "LAYOUT-03",
    title: "what is pushed lies at blobs/<algorithm>/<encoded>, byte for byte",
    level: "MUST",
    cites: [clause(12, "bytes"), imageSpec("image-layout.md#blobs")],
    needsLayout,
    why: "this is where every reader of a layout looks",
    lookFor: "another place, another encoding, a manifest that is written anew",
    run: async ({ registry, layoutDirectory, promises }) => {
      const content = bytes('{ "spaced" :\t1.0 }\r\n');
      const directory = layoutDirectory(repo);
      const digests = [
        (await registry.pushManifest(repo, content, "application/x-a", { tags: ["t"] })).digest,
      ];
      if (promises("sha512")) {
        const { digest } = await computeDigest(content, { algorithm: "sha512" });
        digests.push((await registry.pushBlob(repo, { digest }, content)).digest);
      }
      for (const digest of digests)
        equal(
          await readPart(directory, `blobs/${digest.replace(":", "/")}`),
          new TextDecoder().decode(content),
          "the file",
        );
    },
  },
  {
    id: "LAYOUT-04",
    title: "the first write makes an empty layout around itself",
    level: "MUST",
    cites: [clause(25, "order")],
    needsLayout,
    why: "a directory that lacks a part is no layout to anybody else",
    lookFor: "index.json that is first written with the first manifest",
    run: async ({ registry, layoutDirectory }) => {
      await pushText(registry, "hello");
      await areWhole(layoutDirectory(repo));
      equal(await readEntries(layoutDirectory(repo)), [], "the entries");
    },
  },
  {
    id: "LAYOUT-05",
    title: "a push leaves nothing in blobs but what was pushed",
    level: "MUST",
    cites: [clause(6, "invisible"), imageSpec("image-layout.md#blobs")],
    needsLayout,
    why: "other readers take every file there for a blob",
    lookFor: "temporary files beside the blobs; one that a failed push forgets",
    run: async ({ registry, layoutDirectory }) => {
      const pushed = [await pushText(registry, "one"), await pushText(registry, "two")];
      await rejects(() => registry.pushBlob(repo, { digest: nowhere }, bytes("three")), "DIGEST_INVALID");
      const expected = pushed.map(({ descriptor }) => descriptor.digest.replace(":", "/")).sort();
      equal(await listFiles(join(layoutDirectory(repo), "blobs")), expected, "the files in blobs");
    },
  },
  {
    id: "LAYOUT-06",
    title: "an upload that is not over leaves nothing in blobs",
    level: "MUST",
    cites: [clause(6, "invisible"), imageSpec("image-layout.md#blobs")],
    needsLayout,
    needs: ["resumableUploads"],
    why: "other readers take every file there for a blob, and this one has no digest yet",
    lookFor: "sessions kept below blobs",
    run: async ({ registry, layoutDirectory }) => {
      const { descriptor } = await pushText(registry, "one");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("two"));
      await writer.close();
      equal(
        await listFiles(join(layoutDirectory(repo), "blobs")),
        [descriptor.digest.replace(":", "/")],
        "the files in blobs",
      );
    },
  },
  {
    id: "LAYOUT-07",
    title: "opening and reading create nothing",
    level: "MUST",
    cites: [clause(28, "read"), rule("opening")],
    needsLayout,
    why: "a typing error in a path must not leave a layout behind, and reading must work where writing is not allowed",
    lookFor: "a directory made before it is needed",
    run: async ({ registry, layoutDirectory }) => {
      const reads = [
        () => collect(registry.tags(repo)),
        () => registry.resolveTag(repo, "t"),
        () => registry.getManifest(repo, nowhere),
        () => registry.getBlob(repo, nowhere),
        () => collect(registry.referrers(repo, nowhere)),
        () => collect(registry.repositories()),
      ];
      for (const read of reads) await read().catch(() => undefined);
      equal(await listFiles(layoutDirectory(repo)), [], "the files after reading");
      const isThere = await stat(join(layoutDirectory(repo), "blobs")).catch(() => undefined);
      holds(isThere === undefined, "no directory blobs", isThere === undefined ? "none" : "one");
    },
  },
  {
    id: "LAYOUT-08",
    title: "files and directories get the mode that any new one gets",
    level: "MUST",
    cites: [clause(27)],
    needsLayout,
    why: "another user's tools, or the web server, could not read them",
    lookFor: "a temporary file made for its owner alone, and renamed",
    run: async ({ registry, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const { descriptor } = await pushText(registry, "hello");
      const [file, folder] = [join(directory, "any-new-file"), join(directory, "any-new-directory")];
      await writeFile(file, "");
      await mkdir(folder);
      const [fileMode, folderMode] = [await modeOf(file), await modeOf(folder)];
      await Promise.all([rm(file), rm(folder, { recursive: true })]);
      for (const path of ["oci-layout", "index.json"])
        equal(await modeOf(join(directory, path)), fileMode, `the mode of ${path}`);
      equal(await modeOf(blobPath(directory, descriptor.digest)), fileMode, "the mode of a blob");
      for (const path of ["blobs", join("blobs", "sha256")])
        equal(await modeOf(join(directory, path)), folderMode, `the mode of ${path}`);
    },
  },
  {
    id: "LAYOUT-09",
    title: "index.json keeps its mode",
    level: "MUST",
    cites: [clause(27)],
    needsLayout,
    why: "who opened it to a group, or closed it to others, meant it",
    lookFor: "a new file that takes the old one's place and not its mode",
    run: async ({ registry, layoutDirectory }) => {
      const path = join(layoutDirectory(repo), "index.json");
      await pushArtifact(registry, "one", ["a"]);
      await chmod(path, 0o640);
      const before = await modeOf(path);
      await pushArtifact(registry, "two", ["b"]);
      equal(await modeOf(path), before, "its mode");
    },
  },
  {
    id: "LAYOUT-61",
    title: "a tag that is moved many times at once has one entry",
    level: "MUST",
    cites: [clause(23, "duplicates"), clause(26)],
    needsLayout,
    why: "other tools take the first of several, or refuse them all",
    lookFor: "the entry of before, looked up when a push begins",
    run: async ({ registry, layoutDirectory }) => {
      const moves = Array.from({ length: 12 }, (_, i) =>
        registry.pushManifest(repo, bytes(`m${i}`), "application/x-a", { tags: ["t"] }),
      );
      await resolves(() => Promise.all(moves), "twelve pushes at once");
      const { digest } = await registry.resolveTag(repo, "t");
      const entries = (await readEntries(layoutDirectory(repo))).filter((entry) => isNamed(entry, "t"));
      equal(
        entries.map((entry) => entry.digest),
        [digest],
        "what the entries of the tag are about",
      );
      await areWhole(layoutDirectory(repo));
    },
  },
  {
    id: "LAYOUT-51",
    title: "a delete that finds nothing creates nothing",
    level: "MUST",
    cites: [clause(16, "absent"), clause(25, "order")],
    needsLayout,
    needs: ["deleteTag", "deleteManifest", "deleteBlob"],
    why: "a typing error in a path must not leave a layout behind",
    lookFor: "a layout that is made before anybody asks what there is to delete",
    run: async ({ registry, layoutDirectory }) => {
      await rejects(() => registry.deleteTag(repo, "t"), ...absent.manifest);
      await rejects(() => registry.deleteManifest(repo, nowhere), ...absent.manifest);
      await rejects(() => registry.deleteBlob(repo, nowhere), ...absent.blob);
      const parts = (await listFiles(layoutDirectory(repo))).filter(
        (path) => path === "oci-layout" || path === "index.json",
      );
      equal(parts, [], "the files of a layout");
    },
  },
];

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}
