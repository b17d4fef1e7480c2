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
  "a reader that passes on what it has not compared with the digest; a backend that means it (an option to switch the check off) names this case in `skip`";

/** What a registry does where content was damaged or removed behind its back. */
export const layoutDamageCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-28",
    title: "a damaged blob is never read whole: it ends in CONTENT_CORRUPT",
    level: "MUST",
    cites: [clause(8, "last-chunk")],
    needsLayout,
    needsReopen,
    why: "whoever reads all bytes takes them for the content that was asked for",
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
    title: "so does a damaged manifest",
    level: "MUST",
    cites: [clause(8, "last-chunk")],
    needsLayout,
    needsReopen,
    why: "whoever trusts the digest would run another image",
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
    title: "a tag whose file is missing is MANIFEST_UNKNOWN",
    level: "MUST",
    cites: [clause(19, "missing")],
    needsLayout,
    needsReopen,
    why: "a client pushes what is missing, and gives up on any other error",
    lookFor: "the system's error passed on, or the code of a blob",
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
    title: "it is still listed, and no other call is disturbed",
    level: "MUST",
    cites: [clause(19, "missing")],
    needsLayout,
    needsReopen,
    why: "what is not listed cannot be mended or deleted",
    lookFor: "a list that opens every manifest",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { digest } = await pushArtifact(registry, "one", ["a"]);
      await pushArtifact(registry, "two", ["b"]);
      await rm(blobPath(layoutDirectory(repo), digest));
      const again = await reopen();
      equal(await resolves(() => listTags(again), "the tags"), ["a", "b"], "the tags");
      await resolves(async () => (await again.getTag(repo, "b")).bytes(), "the other tag's manifest");
      await resolves(() => pushArtifact(again, "three", ["c"]), "a push");
    },
  },
  {
    id: "LAYOUT-34",
    title: "a damaged manifest breaks no call about another",
    level: "MUST",
    cites: [clause(19, "damage")],
    needsLayout,
    needsReopen,
    why: "one bad sector must not take away a repository",
    lookFor: "an error while all manifests are read, to find referrers or what is in use",
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
      equal(await resolves(() => listTags(again), "the tags"), ["bad", "good"], "the tags");
      await resolves(async () => (await again.getTag(repo, "good")).bytes(), "the manifest");
      const referrers = await resolves(() => collect(again.referrers(repo, subject.digest)), "the referrers");
      holds(
        referrers.some(({ digest }) => digest === about.digest),
        "among the referrers the one that is whole",
        referrers,
      );
      await resolves(() => pushArtifact(again, "new", ["new"]), "a push");
    },
  },
  {
    id: "LAYOUT-35",
    title: "a link that leaves the layout is BLOB_UNKNOWN",
    level: "MUST",
    cites: [clause(8, "links")],
    needsLayout,
    needsReopen,
    why: "who may write to the layout would read any file of the machine by its digest",
    lookFor: "a path that is opened without asking what it is",
    run: async ({ registry, reopen, layoutDirectory }) => {
      await pushText(registry, "hello");
      const { descriptor, content } = await blob("from elsewhere");
      const outside = await mkdtemp(join(tmpdir(), "outside-"));
      try {
        await writeFile(join(outside, "file"), content);
        const path = blobPath(layoutDirectory(repo), descriptor.digest);
        await mkdir(dirname(path), { recursive: true });
        // Windows lets only some users make links: where there can be none, there is nothing to be followed.
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
    title: "a directory of blobs that is a link out of the layout is not written to",
    level: "MUST",
    cites: [clause(8, "links")],
    needsLayout,
    needsReopen,
    why: "who may make the layout would have files written anywhere",
    lookFor: "a directory that is taken to be there because its name is",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const { descriptor } = await pushText(registry, "hello");
      const outside = await mkdtemp(join(tmpdir(), "outside-"));
      try {
        const directory = dirname(blobPath(layoutDirectory(repo), descriptor.digest));
        await rename(directory, join(outside, "blobs"));
        // Windows lets only some users make links: where there can be none, there is nothing to be followed.
        if (
          !(await symlink(join(outside, "blobs"), directory).then(
            () => true,
            () => false,
          ))
        )
          return;
        const again = await reopen();
        await rejects(() => again.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
        await rejection(() => pushText(again, "from inside"), "a refusal to write there");
        equal((await readdir(join(outside, "blobs"))).length, 1, "the number of files outside");
      } finally {
        await rm(outside, { recursive: true });
      }
    },
  },
  {
    id: "LAYOUT-48",
    title: "a manifest whose file is damaged or missing can be deleted",
    level: "MUST",
    cites: [clause(16, "manifest"), clause(19, "delete")],
    needsLayout,
    needsReopen,
    needs: ["deleteManifest"],
    why: "this is how a layout gets rid of what nobody can mend",
    lookFor: "a delete that reads the manifest first, and fails with it",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const [one, two] = [
        await pushArtifact(registry, "one", ["a"]),
        await pushArtifact(registry, "two", ["b"]),
      ];
      await putBlob(layoutDirectory(repo), one.digest, '{"manifests":[{},');
      await rm(blobPath(layoutDirectory(repo), two.digest));
      const again = await reopen();
      await resolves(() => again.deleteManifest(repo, one.digest), "the deletion of a damaged manifest");
      await resolves(
        () => again.deleteManifest(repo, two.digest),
        "the deletion of a manifest whose file is missing",
      );
      equal(await listTags(again), [], "the tags");
    },
  },
  {
    id: "LAYOUT-49",
    title: "an index can be deleted whatever became of its children, and none that is gone gets an entry",
    level: "MUST",
    cites: [clause(16, "manifest"), clause(17, "survive"), clause(19, "delete")],
    needsLayout,
    needsReopen,
    needs: ["deleteManifest"],
    why: "one bad sector must not keep a whole index, and an entry for what is not there breaks other tools",
    lookFor: "a child that is read, or believed to be there, when its index goes",
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
      await resolves(() => again.deleteManifest(repo, list.digest), "the deletion of the index");
      const digests = (await readEntries(directory)).map(({ digest }) => digest);
      holds(
        !digests.includes(missing.descriptor.digest),
        "no entry for the child whose file is gone",
        digests,
      );
      equal(
        await resolves(() => again.resolveManifest(repo, sound.descriptor.digest), "the child that is whole"),
        sound.descriptor,
        "it",
      );
    },
  },
  {
    id: "LAYOUT-50",
    title: "what a damaged manifest refers to is not deleted, nor is the manifest as a blob",
    level: "MUST",
    cites: [clause(16, "blob"), clause(19)],
    needsLayout,
    needsReopen,
    needs: ["deleteBlob"],
    why: "it may be mended, by pushing it again, and its blobs should be there then",
    lookFor: "manifests that are left out where they cannot be read",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const item = await artifact({ artifactType: "a/b", layers: [pushText(registry, "used")] });
      const { digest } = await pushContent(registry, repo, item, { tags: ["t"] });
      await putBlob(layoutDirectory(repo), digest, '{"manifests":[{},');
      const again = await reopen();
      for (const { descriptor, content } of item.blobs) {
        await rejects(() => again.deleteBlob(repo, descriptor.digest), "DENIED");
        await reads(await again.getBlob(repo, descriptor.digest), content, "the blob, as it was");
      }
      await rejects(() => again.deleteBlob(repo, digest), "DENIED", "BLOB_UNKNOWN");
    },
  },
  {
    id: "LAYOUT-58",
    title: "a damaged child of an index is CONTENT_CORRUPT, one whose file is missing MANIFEST_UNKNOWN",
    level: "MUST",
    cites: [clause(8, "last-chunk"), clause(17, "children"), clause(19)],
    needsLayout,
    needsReopen,
    why: "whoever hears that it is not there does not look for the damage",
    lookFor: "a child that cannot be read taken for one that nobody lists",
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
    title: "what a manifest says that was replaced by another is not believed",
    level: "MUST",
    cites: [clause(8), clause(19, "damage"), clause(21)],
    needsLayout,
    needsReopen,
    needs: ["referrers"],
    why: "whoever may write to the directory could sign any image",
    lookFor: "documents that are parsed and not compared with their digest",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const subject = await pushArtifact(registry, "subject", ["t"]);
      const { digest } = await pushArtifact(registry, "something else");
      const { content } = await namedArtifact("about it", subject);
      await putBlob(layoutDirectory(repo), digest, content);
      const again = await reopen();
      equal(
        await resolves(() => collect(again.referrers(repo, subject.digest)), "the referrers"),
        [],
        "the referrers",
      );
    },
  },
];

/** Fails unless reading ends in CONTENT_CORRUPT before all `size` bytes were given. */
async function neverWhole(open: () => Promise<BlobReader>, size: number): Promise<void> {
  let received = 0;
  await rejects(async () => {
    for await (const chunk of await open()) received += chunk.length;
    return `${received} bytes, and no error`;
  }, "CONTENT_CORRUPT");
  holds(received < size, `fewer than ${size} bytes`, received);
}
