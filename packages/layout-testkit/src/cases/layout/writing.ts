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

/** Files that the registry writes. */
export const layoutWritingCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-01",
    title: "pushes and moved tags leave a valid layout",
    level: "MUST",
    cites: [clause(23), clause(24), clause(25), imageSpec("image-layout.md")],
    needsLayout,
    why: "other tools read the directory, too",
    lookFor: "the problem that the message reports for its path",
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
    title: "deletions leave a valid layout",
    level: "MUST",
    cites: [clause(16), imageSpec("image-layout.md")],
    needsLayout,
    needs: ["deleteTag", "deleteManifest", "deleteBlob"],
    why: "remaining manifests must not reference deleted content",
    lookFor: "blobs that are deleted with one manifest although another references them",
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
    title: "content is stored at blobs/<algorithm>/<encoded> byte for byte",
    level: "MUST",
    cites: [clause(12, "bytes"), imageSpec("image-layout.md#blobs")],
    needsLayout,
    why: "every reader of a layout looks there",
    lookFor: "another path or encoding, or a manifest that is serialized again",
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
    title: "the first write creates an empty layout",
    level: "MUST",
    cites: [clause(25, "order")],
    needsLayout,
    why: "other tools do not recognize a directory that lacks a file of the layout",
    lookFor: "index.json that is first written with the first manifest",
    run: async ({ registry, layoutDirectory }) => {
      await pushText(registry, "hello");
      await areWhole(layoutDirectory(repo));
      equal(await readEntries(layoutDirectory(repo)), [], "the entries");
    },
  },
  {
    id: "LAYOUT-05",
    title: "a push leaves only its own blobs in blobs",
    level: "MUST",
    cites: [clause(6, "invisible"), imageSpec("image-layout.md#blobs")],
    needsLayout,
    why: "other readers take every file there for a blob",
    lookFor: "temporary files beside the blobs, or one that a failed push leaves behind",
    run: async ({ registry, layoutDirectory }) => {
      const pushed = [await pushText(registry, "one"), await pushText(registry, "two")];
      await rejects(() => registry.pushBlob(repo, { digest: nowhere }, bytes("three")), "DIGEST_INVALID");
      const expected = pushed.map(({ descriptor }) => descriptor.digest.replace(":", "/")).sort();
      equal(await listFiles(join(layoutDirectory(repo), "blobs")), expected, "the files in blobs");
    },
  },
  {
    id: "LAYOUT-06",
    title: "an unfinished upload leaves no file in blobs",
    level: "MUST",
    cites: [clause(6, "invisible"), imageSpec("image-layout.md#blobs")],
    needsLayout,
    needs: ["resumableUploads"],
    why: "other readers take every file there for a blob, and an upload has no digest yet",
    lookFor: "sessions stored below blobs",
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
    title: "opening and reading create no files",
    level: "MUST",
    cites: [clause(28, "read"), rule("opening")],
    needsLayout,
    why: "a mistyped path must not create a layout, and reading must work without write permission",
    lookFor: "a directory that is created before it is needed",
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
      holds(isThere === undefined, "no blobs directory", isThere === undefined ? "none" : "one");
    },
  },
  {
    id: "LAYOUT-08",
    title: "files and directories are created with the default mode",
    level: "MUST",
    cites: [clause(27)],
    needsLayout,
    why: "tools of another user, or a web server, could not read them",
    lookFor: "a temporary file created with mode 0600 and renamed",
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
    title: "index.json keeps its mode when it is rewritten",
    level: "MUST",
    cites: [clause(27)],
    needsLayout,
    why: "the user may have changed the mode on purpose",
    lookFor: "a new file that replaces the old one without its mode",
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
    title: "a tag moved by concurrent pushes has one entry",
    level: "MUST",
    cites: [clause(23, "duplicates"), clause(26)],
    needsLayout,
    why: "other tools use the first of several entries, or reject them all",
    lookFor: "the previous entry looked up before the transaction",
    run: async ({ registry, layoutDirectory }) => {
      const moves = Array.from({ length: 12 }, (_, i) =>
        registry.pushManifest(repo, bytes(`m${i}`), "application/x-a", { tags: ["t"] }),
      );
      await resolves(() => Promise.all(moves), "twelve concurrent pushes");
      const { digest } = await registry.resolveTag(repo, "t");
      const entries = (await readEntries(layoutDirectory(repo))).filter((entry) => isNamed(entry, "t"));
      equal(
        entries.map((entry) => entry.digest),
        [digest],
        "the digests of the tag's entries",
      );
      await areWhole(layoutDirectory(repo));
    },
  },
  {
    id: "LAYOUT-51",
    title: "a deletion without a target creates no files",
    level: "MUST",
    cites: [clause(16, "absent"), clause(25, "order")],
    needsLayout,
    needs: ["deleteTag", "deleteManifest", "deleteBlob"],
    why: "a mistyped path must not create a layout",
    lookFor: "a layout that is created before the target is looked up",
    run: async ({ registry, layoutDirectory }) => {
      await rejects(() => registry.deleteTag(repo, "t"), ...absent.manifest);
      await rejects(() => registry.deleteManifest(repo, nowhere), ...absent.manifest);
      await rejects(() => registry.deleteBlob(repo, nowhere), ...absent.blob);
      const parts = (await listFiles(layoutDirectory(repo))).filter(
        (path) => path === "oci-layout" || path === "index.json",
      );
      equal(parts, [], "the files of the layout");
    },
  },
];

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}
