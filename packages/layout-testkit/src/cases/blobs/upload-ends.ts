import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec, rule } from "../../case/cites.ts";
import { reads, rejects, resolves } from "../../case/context.ts";
import { bytes, nowhere, repo, absent } from "../../case/content.ts";

const needs = ["resumableUploads"] as const;

/** The ends of upload sessions: commit, cancel, close and disposal. */
export const uploadEndCases: readonly ConformanceCase[] = [
  {
    id: "UPLOAD-06",
    title: "cancel removes the session",
    level: "MUST",
    cites: [clause(9, "ids"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a cancelled upload must not hold storage",
    lookFor: "a cancel that only closes the writer",
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
    title: "cancel after commit does nothing",
    level: "MUST",
    cites: [clause(9, "ended"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a cancel in a finally block must not remove the committed blob",
    lookFor: "a cancel that deletes the committed file",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(content);
      await writer.commit(descriptor.digest);
      await resolves(() => writer.cancel(), "a cancel after the commit");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-90",
    title: "cancel can be called repeatedly",
    level: "MUST",
    cites: [clause(9, "ended"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a cancel in a finally block must not fail because the upload was already cancelled",
    lookFor: "a cancel that first checks that the writer is open",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("hello"));
      await resolves(() => Promise.all([writer.cancel(), writer.cancel()]), "two concurrent cancels");
      await resolves(() => writer.cancel(), "a third cancel");
      await resolves(() => writer.close(), "close() of a cancelled writer");
      await resolves(() => writer.close(), "a second close()");
      await rejects(() => registry.resolveUpload(repo, writer.id), "BLOB_UPLOAD_UNKNOWN");
      const { descriptor, content } = await blob("hello");
      const committed = await registry.pushBlobChunked(repo);
      await committed.write(content);
      await committed.commit(descriptor.digest);
      for (let i = 0; i < 2; i += 1) await resolves(() => committed.cancel(), "a cancel after the commit");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-11",
    title: "calls on a finished writer fail",
    level: "MUST",
    cites: [clause(9, "ended"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "bytes written to a finished upload would be lost without an error",
    lookFor: "a write after the end that is silently ignored",
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
    title: "disposing a writer closes it and keeps the session",
    level: "MUST",
    cites: [clause(9), rule("writer")],
    needs,
    why: "a client may continue the upload in another request",
    lookFor: "a disposal that does nothing, cancels the upload, or rejects after a commit",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const first = await registry.pushBlobChunked(repo);
      await first.write(content);
      await resolves(async () => first[Symbol.asyncDispose](), "disposal of an open writer");
      await rejects(() => first.write(content), "BLOB_UPLOAD_INVALID");
      const second = await resolves(
        () => registry.pushBlobChunkedResume(repo, first.id, { offset: 5 }),
        "resuming at the offset that was written",
      );
      await resolves(() => first.close(), "close() of a closed writer");
      await second.commit(descriptor.digest);
      await resolves(async () => second[Symbol.asyncDispose](), "disposal of a committed writer");
      const third = await registry.pushBlobChunked(repo);
      await third.cancel();
      await resolves(async () => third[Symbol.asyncDispose](), "disposal of a cancelled writer");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-22",
    title: "after a failed commit the session either continues or is gone",
    level: "MUST",
    cites: [clause(9, "failed-commit"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a client retries, and must not receive a success by mistake",
    lookFor: "a failed commit that leaves the session in an undefined state",
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
        "resuming at the offset that was written",
      );
      await resolves(() => again.commit(descriptor.digest), "a commit with the right digest");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-23",
    title: "commit rejects an invalid digest with DIGEST_INVALID",
    level: "MUST",
    cites: [clause(5, "digest")],
    needs,
    why: "an invalid digest must not become a path",
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
    title: "a cancelled upload stores no blob, and a committed one leaves no session",
    level: "MUST",
    cites: [clause(9, "ids"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "finished uploads must not appear as active ones",
    lookFor: "sessions that only the writer forgets",
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
