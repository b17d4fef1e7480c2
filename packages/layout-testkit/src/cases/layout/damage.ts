import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { BlobReader } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import { artifact, blob, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, holds, reads, rejection, rejects, resolves } from "../../case/context.ts";
import { namedArtifact, pushArtifact, pushText, repo } from "../../case/content.ts";
import { blobPath, listTags, putBlob, readEntries } from "./disk.ts";

const needsLayout = true;
const needsReopen = true;
const unverified =
  "content that is returned before it is verified; if the backend has an option that disables verification, name this case in `skip`";

/** Content corrupted or removed outside of the registry. */
export const layoutDamageCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-28",
    title: "reading a corrupt blob fails with CONTENT_CORRUPT before its last byte",
    level: "MUST",
    cites: [clause(8, "last-chunk")],
    needsLayout,
    needsReopen,
    why: "a caller that receives all bytes takes them for the requested content",
    lookFor: unverified,
    run: async ({ registry, reopen, layoutDirectory }) => {
      const text = "0123456789".repeat(30_000);
      const { descriptor } = await pushText(registry, text);
      await putBlob(layoutDirectory(repo), descriptor.digest, `x${text.slice(1)}`);
      const again = await reopen();
      await neverWhole(() => again.getBlob(repo, descriptor.digest), text.length);
    },
  },
  {
    id: "LAYOUT-29",
    title: "reading a corrupt manifest fails with CONTENT_CORRUPT before its last byte",
    level: "MUST",
    cites: [clause(8, "last-chunk")],
    needsLayout,
    needsReopen,
    why: "a caller that relies on the digest would run another image",
    lookFor: unverified,
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { digest, size } = await pushArtifact(registry, "one", ["a"]);
      await putBlob(layoutDirectory(repo), digest, " ".repeat(size));
      const again = await reopen();
      await neverWhole(() => again.getTag(repo, "a"), size);
      await neverWhole(() => again.getManifest(repo, digest), size);
    },
  },
  {
    id: "LAYOUT-32",
    title: "getTag and getManifest fail with MANIFEST_UNKNOWN if the file is missing",
    level: "MUST",
    cites: [clause(19, "missing")],
    needsLayout,
    needsReopen,
    why: "clients push missing content, and give up after any other error",
    lookFor: "the system's error, or the code of a missing blob",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { digest } = await pushArtifact(registry, "one", ["a"]);
      await rm(blobPath(layoutDirectory(repo), digest));
      const again = await reopen();
      await rejects(() => again.getTag(repo, "a"), "MANIFEST_UNKNOWN");
      await rejects(() => again.getManifest(repo, digest), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "LAYOUT-33",
    title: "a tag whose file is missing is still listed, and other calls are unaffected",
    level: "MUST",
    cites: [clause(19, "missing")],
    needsLayout,
    needsReopen,
    why: "a tag that is not listed cannot be repaired or deleted",
    lookFor: "a list that opens every manifest",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { digest } = await pushArtifact(registry, "one", ["a"]);
      await pushArtifact(registry, "two", ["b"]);
      await rm(blobPath(layoutDirectory(repo), digest));
      const again = await reopen();
      equal(await resolves(() => listTags(again), "tags()"), ["a", "b"], "the tags");
      await resolves(async () => (await again.getTag(repo, "b")).bytes(), "getTag of the other tag");
      await resolves(() => pushArtifact(again, "three", ["c"]), "a push");
    },
  },
  {
    id: "LAYOUT-34",
    title: "a corrupt manifest does not affect calls about other manifests",
    level: "MUST",
    cites: [clause(19, "damage")],
    needsLayout,
    needsReopen,
    why: "one bad sector must not make a whole repository unreadable",
    lookFor: "an error while all manifests are read to find referrers or references",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const subject = await pushArtifact(registry, "subject", ["good"]);
      const about = await pushArtifact(registry, "about it", [], subject);
      for (const { digest } of [
        await pushArtifact(registry, "bad", ["bad"]),
        await pushArtifact(registry, "bad, about it", [], subject),
      ]) {
        await putBlob(layoutDirectory(repo), digest, '{"manifests":[{},');
      }
      const again = await reopen();
      equal(await resolves(() => listTags(again), "tags()"), ["bad", "good"], "the tags");
      await resolves(async () => (await again.getTag(repo, "good")).bytes(), "getTag of the intact manifest");
      const referrers = await resolves(() => collect(again.referrers(repo, subject.digest)), "referrers()");
      holds(
        referrers.some(({ digest }) => digest === about.digest),
        "the intact referrer in the list",
        referrers,
      );
      await resolves(() => pushArtifact(again, "new", ["new"]), "a push");
    },
  },
  {
    id: "LAYOUT-35",
    title: "reading a blob file that links outside the layout fails with BLOB_UNKNOWN",
    level: "MUST",
    cites: [clause(8, "links")],
    needsLayout,
    needsReopen,
    why: "write access to the layout would allow reading any file of the machine by its digest",
    lookFor: "a path that is opened without checking for a symbolic link",
    run: async ({ registry, reopen, layoutDirectory }) => {
      await pushText(registry, "hello");
      const { descriptor, content } = await blob("from elsewhere");
      const outside = await mkdtemp(join(tmpdir(), "outside-"));
      try {
        await writeFile(join(outside, "file"), content);
        const path = blobPath(layoutDirectory(repo), descriptor.digest);
        await mkdir(dirname(path), { recursive: true });
        // Without the privilege to create links, which Windows restricts, no link exists to follow.
        if (
          !(await symlink(join(outside, "file"), path).then(
            () => true,
            () => false,
          ))
        )
          return;
        const again = await reopen();
        await rejects(() => again.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
        await rejects(async () => (await again.getBlob(repo, descriptor.digest)).bytes(), "BLOB_UNKNOWN");
        await rejects(
          async () => (await again.getBlobRange(repo, descriptor.digest, { start: 0 })).bytes(),
          "BLOB_UNKNOWN",
        );
      } finally {
        await rm(outside, { recursive: true });
      }
    },
  },
  {
    id: "LAYOUT-47",
    title: "a blob directory that links outside the layout is not written to",
    level: "MUST",
    cites: [clause(8, "links")],
    needsLayout,
    needsReopen,
    why: "the author of a layout could choose where files are written",
    lookFor: "a directory that is used without checking for a symbolic link",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { descriptor } = await pushText(registry, "hello");
      const outside = await mkdtemp(join(tmpdir(), "outside-"));
      try {
        const directory = dirname(blobPath(layoutDirectory(repo), descriptor.digest));
        await rename(directory, join(outside, "blobs"));
        // Without the privilege to create links, which Windows restricts, no link exists to follow.
        if (
          !(await symlink(join(outside, "blobs"), directory).then(
            () => true,
            () => false,
          ))
        )
          return;
        const again = await reopen();
        await rejects(() => again.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
        await rejection(() => pushText(again, "from inside"), "an error");
        equal((await readdir(join(outside, "blobs"))).length, 1, "the number of files outside");
      } finally {
        await rm(outside, { recursive: true });
      }
    },
  },
  {
    id: "LAYOUT-48",
    title: "deleteManifest deletes a manifest whose file is corrupt or missing",
    level: "MUST",
    cites: [clause(16, "manifest"), clause(19, "delete")],
    needsLayout,
    needsReopen,
    needs: ["deleteManifest"],
    why: "this is the only way to remove a manifest that cannot be repaired",
    lookFor: "a delete that reads the manifest first and fails with it",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const [one, two] = [
        await pushArtifact(registry, "one", ["a"]),
        await pushArtifact(registry, "two", ["b"]),
      ];
      await putBlob(layoutDirectory(repo), one.digest, '{"manifests":[{},');
      await rm(blobPath(layoutDirectory(repo), two.digest));
      const again = await reopen();
      await resolves(() => again.deleteManifest(repo, one.digest), "a deletion of a corrupt manifest");
      await resolves(
        () => again.deleteManifest(repo, two.digest),
        "a deletion of a manifest whose file is missing",
      );
      equal(await listTags(again), [], "the tags");
    },
  },
  {
    id: "LAYOUT-49",
    title:
      "deleteManifest deletes an index with corrupt or missing children, and adds no entry for missing ones",
    level: "MUST",
    cites: [clause(16, "manifest"), clause(17, "survive"), clause(19, "delete")],
    needsLayout,
    needsReopen,
    needs: ["deleteManifest"],
    why: "one bad sector must not protect a whole index, and an entry without a file breaks other tools",
    lookFor: "a child that is read, or assumed to exist, when its index is deleted",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const [damaged, missing, sound] = [
        await namedArtifact("damaged"),
        await namedArtifact("missing"),
        await namedArtifact("sound"),
      ];
      const list = await pushContent(registry, repo, index([damaged, missing, sound]), { tags: ["list"] });
      await putBlob(directory, damaged.descriptor.digest, '{"manifests":[{},');
      await rm(blobPath(directory, missing.descriptor.digest));
      const again = await reopen();
      await resolves(() => again.deleteManifest(repo, list.digest), "a deletion of the index");
      const digests = (await readEntries(directory)).map(({ digest }) => digest);
      holds(!digests.includes(missing.descriptor.digest), "entries without the missing child", digests);
      equal(
        await resolves(
          () => again.resolveManifest(repo, sound.descriptor.digest),
          "resolveManifest of the intact child",
        ),
        sound.descriptor,
        "it",
      );
    },
  },
  {
    id: "LAYOUT-50",
    title: "deleteBlob protects a corrupt manifest and the blobs that it references",
    level: "MUST",
    cites: [clause(16, "blob"), clause(19)],
    needsLayout,
    needsReopen,
    needs: ["deleteBlob"],
    why: "a repeated push can repair the manifest, whose blobs must then still exist",
    lookFor: "manifests that are skipped because they cannot be read",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const item = await artifact({ artifactType: "a/b", layers: [pushText(registry, "used")] });
      const { digest } = await pushContent(registry, repo, item, { tags: ["t"] });
      await putBlob(layoutDirectory(repo), digest, '{"manifests":[{},');
      const again = await reopen();
      for (const { descriptor, content } of item.blobs) {
        await rejects(() => again.deleteBlob(repo, descriptor.digest), "DENIED");
        await reads(await again.getBlob(repo, descriptor.digest), content, "the content");
      }
      await rejects(() => again.deleteBlob(repo, digest), "DENIED", "BLOB_UNKNOWN");
    },
  },
  {
    id: "LAYOUT-58",
    title:
      "getManifest of an index's child fails with CONTENT_CORRUPT if it is corrupt, with MANIFEST_UNKNOWN if it is missing",
    level: "MUST",
    cites: [clause(8, "last-chunk"), clause(17, "children"), clause(19)],
    needsLayout,
    needsReopen,
    why: "a client that receives MANIFEST_UNKNOWN does not report the corruption",
    lookFor: "a child that cannot be read treated as a digest that no index contains",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const [damaged, missing] = [await namedArtifact("damaged"), await namedArtifact("missing")];
      const one = await pushArtifact(registry, "one", ["a"]);
      await pushContent(registry, repo, index([damaged, missing]), { tags: ["list"] });
      const { digest, size } = damaged.descriptor;
      await putBlob(directory, digest, " ".repeat(size));
      for (const it of [one, missing.descriptor]) await rm(blobPath(directory, it.digest));
      const again = await reopen();
      await neverWhole(() => again.getManifest(repo, digest), size);
      for (const it of [one, missing.descriptor])
        await rejects(() => again.resolveManifest(repo, it.digest), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "LAYOUT-59",
    title: "references in a manifest that does not match its digest are ignored",
    level: "MUST",
    cites: [clause(8), clause(19, "damage"), clause(21)],
    needsLayout,
    needsReopen,
    needs: ["referrers"],
    why: "write access to the directory would allow signing any image",
    lookFor: "documents that are parsed without comparing their digest",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const subject = await pushArtifact(registry, "subject", ["t"]);
      const { digest } = await pushArtifact(registry, "something else");
      const { content } = await namedArtifact("about it", subject);
      await putBlob(layoutDirectory(repo), digest, content);
      const again = await reopen();
      equal(
        await resolves(() => collect(again.referrers(repo, subject.digest)), "referrers()"),
        [],
        "the referrers",
      );
    },
  },
];

/** Fails unless reading ends in CONTENT_CORRUPT before all `size` bytes were received. */
async function neverWhole(open: () => Promise<BlobReader>, size: number): Promise<void> {
  let received = 0;
  await rejects(async () => {
    for await (const chunk of await open()) received += chunk.length;
    return `${received} bytes without an error`;
  }, "CONTENT_CORRUPT");
  holds(received < size, `fewer than ${size} bytes`, received);
}
