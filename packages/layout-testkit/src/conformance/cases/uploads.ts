import { octetStream } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import { equal, reads, rejects, rejectsWith, resolves } from "../context.ts";
import { bytes, other, pushText, repo } from "./content.ts";

const cites = "clause 9; distribution-spec, pushing a blob in chunks";
const needs = ["resumableUploads"] as const;

/** What a registry does with upload sessions. */
export const uploadCases: readonly ConformanceCase[] = [
  {
    id: "UPLOAD-01", title: "what is written in chunks becomes a blob", level: "MUST", cites, needs,
    why: "large layers come in chunks", lookFor: "chunks that are put together in another order, or only the last one",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello world");
      const writer = await registry.pushBlobChunked(repo);
      for (const part of ["hello", " ", "world"]) await writer.write(bytes(part));
      equal(writer.size, 11, "the writer's size");
      equal(await writer.commit(descriptor.digest), { mediaType: octetStream, digest: descriptor.digest, size: 11 }, "the committed blob");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-02", title: "a commit is verified", level: "MUST", cites, needs,
    why: "damage on the way must not be stored under a good name", lookFor: "a commit that renames and does not hash",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("jello"));
      await rejects(() => writer.commit(descriptor.digest), "DIGEST_INVALID");
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
    },
  },
  {
    id: "UPLOAD-03", title: "a commit is verified also where the digest is stored already", level: "MUST", cites, needs,
    why: "the client would be told that damage arrived whole", lookFor: "a short-cut for a digest that exists",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("jello"));
      await rejects(() => writer.commit(descriptor.digest), "DIGEST_INVALID");
    },
  },
  {
    id: "UPLOAD-04", title: "a session goes on where it stands", level: "MUST", cites, needs,
    why: "a dropped connection must not cost what was sent", lookFor: "a resumed session that begins again",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello world");
      const first = await registry.pushBlobChunked(repo);
      await first.write(bytes("hello "));
      await first.close();
      equal((await registry.resolveUpload(repo, first.id)).size, 6, "the session's size");
      const second = await registry.pushBlobChunkedResume(repo, first.id, { offset: 6 });
      equal(second.size, 6, "the resumed writer's size");
      await second.write(bytes("world"));
      await second.commit(descriptor.digest);
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-05", title: "another offset than the size is RANGE_INVALID, and the session stays as it is", level: "MUST", cites: "clause 9; distribution-spec code 416", needs,
    why: "a client that is mistaken would leave a hole or write twice", lookFor: "an offset that is ignored or used as the place to write",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("hello"));
      await writer.close();
      for (const offset of [0, 4, 6]) await rejects(() => registry.pushBlobChunkedResume(repo, writer.id, { offset }), "RANGE_INVALID");
      await rejectsWith(() => registry.pushBlobChunkedResume(repo, writer.id, { offset: -1 }), RangeError);
      equal((await registry.resolveUpload(repo, writer.id)).size, 5, "the session's size");
    },
  },
  {
    id: "UPLOAD-06", title: "a cancelled session is gone", level: "MUST", cites, needs,
    why: "who cancels means it", lookFor: "a cancel that only closes",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("hello"));
      await writer.cancel();
      await rejects(() => registry.pushBlobChunkedResume(repo, writer.id), "BLOB_UPLOAD_UNKNOWN");
      await rejects(() => registry.resolveUpload(repo, writer.id), "BLOB_UPLOAD_UNKNOWN");
      const second = await registry.pushBlobChunked(repo);
      await second.close();
      await registry.cancelUpload(repo, second.id);
      await rejects(() => registry.cancelUpload(repo, second.id), "BLOB_UPLOAD_UNKNOWN");
    },
  },
  {
    id: "UPLOAD-07", title: "an id that the registry never issued must be rejected", level: "MUST", cites: "clause 9; distribution-spec end-13, code-3", needs,
    why: "a client could create or touch storage under a name it chose", lookFor: "opening the session file with \"create if missing\"",
    run: async ({ registry }) => {
      for (const id of ["6f0c2d9e-0000-4000-8000-000000000000", "nosuch", "", ".", "../../../victim", "../sha256/x", "a\0b", "x".repeat(10_000)]) {
        await rejects(() => registry.pushBlobChunkedResume(repo, id, { offset: 0 }), "BLOB_UPLOAD_UNKNOWN", "RANGE_INVALID");
        await rejects(() => registry.pushBlobChunkedResume(repo, id), "BLOB_UPLOAD_UNKNOWN");
        await rejects(() => registry.resolveUpload(repo, id), "BLOB_UPLOAD_UNKNOWN");
        await rejects(() => registry.cancelUpload(repo, id), "BLOB_UPLOAD_UNKNOWN");
      }
    },
  },
  {
    id: "UPLOAD-08", title: "an id is bound to its repository", level: "MUST", cites, needs,
    why: "who may write to one repository must not finish another's upload", lookFor: "sessions that are found by id alone",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await writer.close();
      await rejects(() => registry.pushBlobChunkedResume(other, writer.id), "BLOB_UPLOAD_UNKNOWN");
      await rejects(() => registry.cancelUpload(other, writer.id), "BLOB_UPLOAD_UNKNOWN");
      await resolves(() => registry.resolveUpload(repo, writer.id), "the session, as it was");
    },
  },
  {
    id: "UPLOAD-09", title: "a session is one writer's at a time", level: "MUST", cites, needs,
    why: "two clients' bytes would be mixed", lookFor: "a resume that does not ask who has the session",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await rejects(() => registry.pushBlobChunkedResume(repo, writer.id), "BLOB_UPLOAD_INVALID");
      await writer.close();
      await (await registry.pushBlobChunkedResume(repo, writer.id)).cancel();
    },
  },
  {
    id: "UPLOAD-10", title: "a cancel after the commit does nothing", level: "MUST", cites, needs,
    why: "cleaning up in finally must not remove what was stored", lookFor: "a cancel that deletes the committed file",
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
    id: "UPLOAD-11", title: "a writer that has ended says so", level: "MUST", cites, needs,
    why: "bytes that are written into nothing are lost without a word", lookFor: "a write after the end that is swallowed",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const [closed, cancelled, committed] = [await registry.pushBlobChunked(repo), await registry.pushBlobChunked(repo), await registry.pushBlobChunked(repo)];
      await closed.close();
      await cancelled.cancel();
      await committed.write(content);
      await committed.commit(descriptor.digest);
      await rejects(() => closed.write(content), "BLOB_UPLOAD_INVALID");
      await rejects(() => closed.commit(descriptor.digest), "BLOB_UPLOAD_INVALID");
      for (const writer of [cancelled, committed]) {
        await rejects(() => writer.write(content), "BLOB_UPLOAD_UNKNOWN");
        await rejects(() => writer.commit(descriptor.digest), "BLOB_UPLOAD_UNKNOWN");
      }
      await rejects(() => registry.pushBlobChunkedResume(repo, committed.id), "BLOB_UPLOAD_UNKNOWN");
    },
  },
  {
    id: "UPLOAD-12", title: "writes that are not awaited run in the order of the calls", level: "MUST", cites, needs,
    why: "a stream's data events do not wait", lookFor: "writes that overtake each other",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello world");
      const writer = await registry.pushBlobChunked(repo);
      const writes = Array.from("hello world", (letter) => writer.write(bytes(letter)));
      await resolves(() => writer.commit(descriptor.digest), "the commit of all letters in order");
      await Promise.all(writes);
    },
  },
  {
    id: "UPLOAD-13", title: "what was written may be changed once the write is over", level: "MUST", cites: "clause 3", needs,
    why: "callers reuse their buffers", lookFor: "the caller's own array kept",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      const chunk = bytes("hello");
      await writer.write(chunk);
      chunk.fill(0);
      await resolves(() => writer.commit(descriptor.digest), "the commit of what was written");
    },
  },
  {
    id: "UPLOAD-14", title: "where uploads are not supported every call is UNSUPPORTED", level: "MUST", cites: "distribution-spec code-13", unless: "resumableUploads",
    why: "a caller has to know whether to push in one go", lookFor: "a call that resolves to nothing",
    run: async ({ registry }) => {
      const id = "6f0c2d9e-0000-4000-8000-000000000000";
      for (const call of [() => registry.pushBlobChunked(repo), () => registry.pushBlobChunkedResume(repo, id), () => registry.resolveUpload(repo, id), () => registry.cancelUpload(repo, id)]) await rejects(call, "UNSUPPORTED");
    },
  },
];
