import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec, rule } from "../../case/cites.ts";
import { reads, rejects, resolves } from "../../case/context.ts";
import { absent, bytes, nowhere, repo } from "../../case/content.ts";

const needs = ["resumableUploads"] as const;

/** How upload sessions end. */
export const uploadEndCases: readonly ConformanceCase[] = [
  {
    id: "UPLOAD-06",
    title: "a cancelled session is gone",
    level: "MUST",
    cites: [clause(9, "ids"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "who cancels means it",
    lookFor: "a cancel that only closes",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("hello"));
      await writer.cancel();
      await rejects(() => registry.pushBlobChunkedResume(repo, writer.id), "BLOB_UPLOAD_UNKNOWN");
      await rejects(() => registry.resolveUpload(repo, writer.id), "BLOB_UPLOAD_UNKNOWN");
      const second = await registry.pushBlobChunked(repo);
      await second.close();
      await registry.cancelUpload(repo, second.id);
      await rejects(() => registry.pushBlobChunkedResume(repo, second.id), "BLOB_UPLOAD_UNKNOWN");
      await rejects(() => registry.cancelUpload(repo, second.id), "BLOB_UPLOAD_UNKNOWN");
    },
  },
  {
    id: "UPLOAD-10",
    title: "a cancel after the commit does nothing",
    level: "MUST",
    cites: [clause(9, "ended"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "cleaning up in finally must not remove what was stored",
    lookFor: "a cancel that deletes the committed file",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(content);
      await writer.commit(descriptor.digest);
      await resolves(() => writer.cancel(), "a cancel that does nothing");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-90",
    title: "a writer may be cancelled more than once",
    level: "MUST",
    cites: [clause(9, "ended"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "cleaning up in finally must not fail because the work was given up before",
    lookFor: "a cancel that asks first whether the writer is open",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("hello"));
      await resolves(
        () => Promise.all([writer.cancel(), writer.cancel()]),
        "two cancels, neither of which waits for the other",
      );
      await resolves(() => writer.cancel(), "a third cancel, which does nothing");
      await resolves(() => writer.close(), "close() of a cancelled writer");
      await resolves(() => writer.close(), "a second close()");
      await rejects(() => registry.resolveUpload(repo, writer.id), "BLOB_UPLOAD_UNKNOWN");
      const { descriptor, content } = await blob("hello");
      const committed = await registry.pushBlobChunked(repo);
      await committed.write(content);
      await committed.commit(descriptor.digest);
      for (let i = 0; i < 2; i += 1)
        await resolves(() => committed.cancel(), "a cancel after the commit, which does nothing");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-11",
    title: "a writer that has ended says so",
    level: "MUST",
    cites: [clause(9, "ended"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "bytes that are written into nothing are lost without a word",
    lookFor: "a write after the end that is swallowed",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const [closed, cancelled, committed] = [
        await registry.pushBlobChunked(repo),
        await registry.pushBlobChunked(repo),
        await registry.pushBlobChunked(repo),
      ];
      await closed.close();
      await cancelled.cancel();
      await committed.write(content);
      await committed.commit(descriptor.digest);
      await rejects(() => closed.write(content), "BLOB_UPLOAD_INVALID");
      await rejects(() => closed.commit(descriptor.digest), "BLOB_UPLOAD_INVALID");
      await rejects(() => closed.cancel(), "BLOB_UPLOAD_INVALID");
      for (const writer of [cancelled, committed]) {
        await rejects(() => writer.write(content), "BLOB_UPLOAD_UNKNOWN");
        await rejects(() => writer.commit(descriptor.digest), "BLOB_UPLOAD_UNKNOWN");
      }
      await rejects(() => registry.pushBlobChunkedResume(repo, committed.id), "BLOB_UPLOAD_UNKNOWN");
    },
  },
  {
    id: "UPLOAD-21",
    title: "disposing a writer closes it and keeps its session",
    level: "MUST",
    cites: [clause(9), rule("writer")],
    needs,
    why: "a request that ends is not an upload that ends",
    lookFor: "a disposal that does nothing or cancels, or that rejects after a commit",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const first = await registry.pushBlobChunked(repo);
      await first.write(content);
      await resolves(async () => first[Symbol.asyncDispose](), "the disposal of an open writer");
      await rejects(() => first.write(content), "BLOB_UPLOAD_INVALID");
      const second = await resolves(
        () => registry.pushBlobChunkedResume(repo, first.id, { offset: 5 }),
        "the session, with what was written",
      );
      await resolves(() => first.close(), "close() of a closed writer");
      await second.commit(descriptor.digest);
      await resolves(async () => second[Symbol.asyncDispose](), "the disposal of a writer that committed");
      const third = await registry.pushBlobChunked(repo);
      await third.cancel();
      await resolves(async () => third[Symbol.asyncDispose](), "the disposal of a writer that was cancelled");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-22",
    title: "after a commit that failed the upload either goes on or is gone",
    level: "MUST",
    cites: [clause(9, "failed-commit"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a client tries again, and must not be told that all is well",
    lookFor: "a failed commit that leaves a session in between",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(content);
      await rejects(() => writer.commit(nowhere), "DIGEST_INVALID");
      await rejects(() => registry.resolveBlob(repo, nowhere), ...absent.blob);
      const isThere = await registry.resolveUpload(repo, writer.id).then(
        () => true,
        () => false,
      );
      await writer.close().catch(() => undefined);
      if (!isThere) {
        await rejects(() => registry.pushBlobChunkedResume(repo, writer.id), "BLOB_UPLOAD_UNKNOWN");
        return;
      }
      const again = await resolves(
        () => registry.pushBlobChunkedResume(repo, writer.id, { offset: 5 }),
        "the session, with all that was written",
      );
      await resolves(() => again.commit(descriptor.digest), "the commit of the right digest");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-23",
    title: "a digest that is none is DIGEST_INVALID at the commit, too",
    level: "MUST",
    cites: [clause(5, "digest")],
    needs,
    why: "a name that cannot be right must not become a path",
    lookFor: "a digest that is used before it is parsed",
    run: async ({ registry }) => {
      for (const digest of ["", "latest", "sha256:../../../victim", `sha256:${"A".repeat(64)}`]) {
        const writer = await registry.pushBlobChunked(repo);
        await writer.write(bytes("hello"));
        await rejects(() => writer.commit(digest), "DIGEST_INVALID");
      }
    },
  },
  {
    id: "UPLOAD-24",
    title: "a cancelled upload leaves no blob, and a finished one no session",
    level: "MUST",
    cites: [clause(9, "ids"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "who asks for uploads that are over must not find them",
    lookFor: "sessions that are forgotten in the writer only",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(content);
      await writer.cancel();
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), ...absent.blob);
      const finished = await registry.pushBlobChunked(repo);
      await finished.write(content);
      await finished.commit(descriptor.digest);
      await rejects(() => registry.resolveUpload(repo, finished.id), "BLOB_UPLOAD_UNKNOWN");
      await rejects(() => registry.cancelUpload(repo, finished.id), "BLOB_UPLOAD_UNKNOWN");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
];
