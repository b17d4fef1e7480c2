import { computeDigest, octetStream } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec, rule } from "../../case/cites.ts";
import { equal, holds, reads, rejects, rejectsWith, resolves } from "../../case/context.ts";
import { bytes, other, pushText, repo, absent } from "../../case/content.ts";

const needs = ["resumableUploads"] as const;

/** Upload sessions. */
export const uploadCases: readonly ConformanceCase[] = [
  {
    id: "UPLOAD-01",
    title: "an upload in chunks becomes a blob",
    level: "MUST",
    cites: [clause(9), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "clients upload large layers in chunks",
    lookFor: "chunks in the wrong order, or only the last one stored",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello world");
      const writer = await registry.pushBlobChunked(repo);
      for (const part of ["hello", " ", "world"]) await writer.write(bytes(part));
      equal(writer.size, 11, "the writer's size");
      equal(
        await writer.commit(descriptor.digest),
        { mediaType: octetStream, digest: descriptor.digest, size: 11 },
        "the committed blob",
      );
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-02",
    title: "commit rejects a digest mismatch and stores nothing",
    level: "MUST",
    cites: [clause(9, "commit"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "content that was corrupted in transit must not be stored",
    lookFor: "a commit that renames the file without hashing it",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("jello"));
      await rejects(() => writer.commit(descriptor.digest), "DIGEST_INVALID");
      const sent = await blob("jello");
      for (const { digest } of [descriptor, sent.descriptor])
        await rejects(() => registry.resolveBlob(repo, digest), ...absent.blob);
    },
  },
  {
    id: "UPLOAD-03",
    title: "commit verifies the upload even if its digest is already stored",
    level: "MUST",
    cites: [clause(9, "commit"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a client that uploads corrupt content would receive a success",
    lookFor: "an early return if the digest already exists",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("jello"));
      await rejects(() => writer.commit(descriptor.digest), "DIGEST_INVALID");
      await reads(
        await resolves(() => registry.getBlob(repo, descriptor.digest), "getBlob of the blob stored before"),
        content,
        "its content",
      );
    },
  },
  {
    id: "UPLOAD-04",
    title: "a resumed session continues at its current size",
    level: "MUST",
    cites: [clause(9, "resume"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a dropped connection must not lose the bytes already sent",
    lookFor: "a resumed session that starts again at 0",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello world");
      const first = await registry.pushBlobChunked(repo);
      await first.write(bytes("hello "));
      await first.close();
      equal((await registry.resolveUpload(repo, first.id)).size, 6, "the session's size");
      const second = await registry.pushBlobChunkedResume(repo, first.id, { offset: 6 });
      equal([second.id, second.size], [first.id, 6], "the resumed writer's id and size");
      await second.write(bytes("wor"));
      await second.close();
      const third = await registry.pushBlobChunkedResume(repo, first.id);
      equal(third.size, 9, "the size of a writer resumed without an offset");
      equal(
        (await registry.resolveUpload(repo, first.id)).size,
        9,
        "the session's size while it has a writer",
      );
      await third.write(bytes("ld"));
      equal(
        (await registry.resolveUpload(repo, first.id)).size,
        11,
        "the session's size after the last write",
      );
      equal((await third.commit(descriptor.digest)).size, 11, "the size of the committed blob");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-05",
    title: "pushBlobChunkedResume rejects a wrong offset with RANGE_INVALID and keeps the session",
    level: "MUST",
    cites: [clause(9, "resume"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a wrong offset would leave a gap or write bytes twice",
    lookFor: "an offset that is ignored or used as the write position",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("hello"));
      await writer.close();
      for (const offset of [0, 4, 6])
        await rejects(() => registry.pushBlobChunkedResume(repo, writer.id, { offset }), "RANGE_INVALID");
      equal((await registry.resolveUpload(repo, writer.id)).size, 5, "the session's size");
    },
  },
  {
    id: "UPLOAD-07",
    title: "calls with an unknown upload id fail with BLOB_UPLOAD_UNKNOWN",
    level: "MUST",
    cites: [clause(9, "ids"), distSpec("end-13"), distSpec("BLOB_UPLOAD_UNKNOWN")],
    needs,
    why: "a client could create or modify files under a name of its choice",
    lookFor: "a session file opened with “create if missing”",
    run: async ({ registry }) => {
      const issued = await registry.pushBlobChunked(repo);
      await issued.close();
      const capitals = issued.id.toUpperCase();
      for (const id of [
        ...(capitals === issued.id ? [] : [capitals]),
        `${issued.id} `,
        "__proto__",
        "constructor",
        "6f0c2d9e-0000-4000-8000-000000000000",
        "nosuch",
        "",
        ".",
        "../../../victim",
        "../sha256/x",
        "a\0b",
        "x".repeat(10_000),
      ]) {
        await rejects(() => registry.pushBlobChunkedResume(repo, id, { offset: 0 }), "BLOB_UPLOAD_UNKNOWN");
        await rejects(() => registry.pushBlobChunkedResume(repo, id), "BLOB_UPLOAD_UNKNOWN");
        await rejects(() => registry.resolveUpload(repo, id), "BLOB_UPLOAD_UNKNOWN");
        await rejects(() => registry.cancelUpload(repo, id), "BLOB_UPLOAD_UNKNOWN");
      }
    },
  },
  {
    id: "UPLOAD-08",
    title: "an upload id is valid only in its repository",
    level: "MUST",
    cites: [clause(9, "ids"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "write access to one repository must not allow finishing another's upload",
    lookFor: "sessions that are found by id alone",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await writer.close();
      await rejects(() => registry.pushBlobChunkedResume(other, writer.id), "BLOB_UPLOAD_UNKNOWN");
      await rejects(() => registry.resolveUpload(other, writer.id), "BLOB_UPLOAD_UNKNOWN");
      await rejects(() => registry.cancelUpload(other, writer.id), "BLOB_UPLOAD_UNKNOWN");
      await resolves(
        () => registry.resolveUpload(repo, writer.id),
        "resolveUpload in the session's own repository",
      );
    },
  },
  {
    id: "UPLOAD-09",
    title: "a session has at most one writer",
    level: "MUST",
    cites: [clause(9, "one-writer"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "two clients would mix their bytes",
    lookFor: "a resume that does not check for an open writer",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      for (let time = 0; time < 2; time += 1)
        await rejects(() => registry.pushBlobChunkedResume(repo, writer.id), "BLOB_UPLOAD_INVALID");
      await resolves(() => writer.write(bytes("hello")), "a write after others failed to resume");
      await writer.close();
      const next = await registry.pushBlobChunkedResume(repo, writer.id);
      await rejects(() => writer.write(bytes("hello")), "BLOB_UPLOAD_INVALID");
      equal(next.size, 5, "the size of the next writer");
      await next.cancel();
    },
  },
  {
    id: "UPLOAD-12",
    title: "writes that are not awaited run in call order",
    level: "MUST",
    cites: [clause(9, "write"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a stream's data events do not wait for a write",
    lookFor: "writes that overtake each other",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello world");
      const writer = await registry.pushBlobChunked(repo);
      const writes = Array.from("hello world", (letter) => writer.write(bytes(letter)));
      await resolves(() => writer.commit(descriptor.digest), "a commit of all letters in order");
      await Promise.all(writes);
      const closed = await registry.pushBlobChunked(repo);
      const early = Array.from("hello", (letter) => closed.write(bytes(letter)));
      await closed.close();
      await resolves(() => Promise.all(early), "the writes before close()");
      equal((await registry.resolveUpload(repo, closed.id)).size, 5, "the session's size");
    },
  },
  {
    id: "UPLOAD-13",
    title: "changing a chunk after write() does not change the upload",
    level: "MUST",
    cites: [clause(3, "arguments")],
    needs,
    why: "callers reuse their buffers",
    lookFor: "a reference to the caller's array: copy it",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      const chunk = bytes("so: hello").subarray(4);
      await writer.write(chunk);
      equal([...chunk], [...bytes("hello")], "the caller's chunk");
      chunk.fill(0);
      await resolves(() => writer.commit(descriptor.digest), "a commit of the bytes as written");
    },
  },
  {
    id: "UPLOAD-14",
    title: "an upload is not visible as a blob before its commit",
    level: "MUST",
    cites: [clause(9, "write"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "clients must not pull an incomplete layer",
    lookFor: "a session that writes to the blob's final place",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(content);
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), ...absent.blob);
      await writer.close();
      await rejects(() => registry.getBlob(repo, descriptor.digest), ...absent.blob);
    },
  },
  {
    id: "UPLOAD-15",
    title: "an upload without a chunk becomes the empty blob",
    level: "MUST",
    cites: [clause(9), distSpec("pushing-a-blob-in-chunks")],
    needs: [...needs, "emptyBlobs"],
    why: "clients upload empty layers like others",
    lookFor: "a session that starts with its first chunk",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("");
      const writer = await registry.pushBlobChunked(repo);
      equal(writer.size, 0, "the writer's size");
      await writer.write(bytes(""));
      await resolves(() => writer.commit(descriptor.digest), "a commit without content");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-16",
    title: "resolveUpload reports a session without taking it over",
    level: "MUST",
    cites: [rule("upload-status"), distSpec("end-13")],
    needs,
    why: "a client asks for its progress while its last request may still run",
    lookFor: "a status that needs the writer's lock, or ends the session",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("hello"));
      const status = await resolves(
        () => registry.resolveUpload(repo, writer.id),
        "resolveUpload of a session with a writer",
      );
      equal([status.id, status.size], [writer.id, 5], "its id and size");
      holds(status.chunkSize > 0 && writer.chunkSize > 0, "a chunk size greater than 0", [
        status.chunkSize,
        writer.chunkSize,
      ]);
      await resolves(() => writer.write(bytes(" world")), "a write after resolveUpload");
      equal(status.size, 5, "the size in the earlier status");
    },
  },
  {
    id: "UPLOAD-17",
    title: "upload ids cannot be guessed",
    level: "MUST",
    cites: [clause(9, "ids")],
    needs,
    why: "a client that knows an id can write to the upload",
    lookFor: "a counter, the time or the repository's name as the id",
    run: async ({ registry }) => {
      const ids: string[] = [];
      for (let i = 0; i < 8; i += 1) {
        const writer = await registry.pushBlobChunked(repo);
        ids.push(writer.id);
        await writer.close();
      }
      equal(new Set(ids).size, ids.length, "the number of different ids");
      for (const id of ids) holds(id.length >= 16, "an id of at least 16 characters", id);
      const [first = "", second = ""] = ids;
      const differing = Array.from(first).filter((letter, i) => letter !== second[i]).length;
      holds(differing >= 8, "two ids that differ in at least 8 characters", ids.slice(0, 2));
    },
  },
  {
    id: "UPLOAD-18",
    title: "concurrent uploads in one repository are independent",
    level: "MUST",
    cites: [clause(9), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "clients upload several layers at once",
    lookFor: "one buffer or file for all sessions of a repository",
    run: async ({ registry }) => {
      const names = ["one", "two", "three", "four"];
      const writers = await Promise.all(names.map(() => registry.pushBlobChunked(repo)));
      for (const part of ["begin ", "middle ", "end"])
        await Promise.all(writers.map((writer, i) => writer.write(bytes(`${part}${names[i] ?? ""}`))));
      for (const [i, writer] of writers.entries()) {
        const name = names[i] ?? "";
        const { descriptor, content } = await blob(`begin ${name}middle ${name}end${name}`);
        await resolves(() => writer.commit(descriptor.digest), "a commit of each upload");
        await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
      }
    },
  },
  {
    id: "UPLOAD-19",
    title: "an upload can be committed under a sha512 digest",
    level: "MUST",
    cites: [clause(9, "commit"), distSpec("pushing-a-blob-in-chunks")],
    needs: ["resumableUploads", "sha512"],
    why: "the digest passed to commit decides which algorithm verifies the content",
    lookFor: "sha256 computed whatever algorithm was announced",
    run: async ({ registry }) => {
      const { digest } = await computeDigest(bytes("hello"), { algorithm: "sha512" });
      for (const [options, content] of [
        [{ digestAlgorithm: "sha512" }, "hello"],
        [{}, "hello"],
      ] as const) {
        const writer = await registry.pushBlobChunked(repo, options);
        await writer.write(bytes(content));
        equal(
          (await resolves(() => writer.commit(digest), "a commit under a sha512 digest")).digest,
          digest,
          "its digest",
        );
      }
      const wrong = await registry.pushBlobChunked(repo, { digestAlgorithm: "sha512" });
      await wrong.write(bytes("jello"));
      await rejects(() => wrong.commit(digest), "DIGEST_INVALID");
      for (const digestAlgorithm of ["md5", ""])
        await rejects(
          () => registry.pushBlobChunked(repo, { digestAlgorithm }),
          "DIGEST_INVALID",
          "UNSUPPORTED",
        );
      const first = await registry.pushBlobChunked(repo, { digestAlgorithm: "sha512" });
      await first.write(bytes("hel"));
      await first.close();
      const second = await registry.pushBlobChunkedResume(repo, first.id, { digestAlgorithm: "sha512" });
      await second.write(bytes("lo"));
      await resolves(() => second.commit(digest), "a commit under a sha512 digest by a resumed writer");
    },
  },
  {
    id: "UPLOAD-20",
    title: "upload calls throw a TypeError or RangeError for invalid arguments",
    level: "MUST",
    cites: [clause(1, "mistakes"), rule("arguments")],
    needs,
    why: "a programming error must be distinguishable from a failed upload",
    lookFor: "text written as if it were bytes, or numbers that are not validated",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await rejectsWith(() => writer.write("hello" as unknown as Uint8Array), TypeError);
      equal(writer.size, 0, "the size after the rejected write");
      await writer.close();
      for (const id of [undefined, null, 7, {}] as unknown[] as string[]) {
        for (const call of [
          () => registry.pushBlobChunkedResume(repo, id),
          () => registry.resolveUpload(repo, id),
          () => registry.cancelUpload(repo, id),
        ])
          await rejectsWith(call, TypeError);
      }
      for (const offset of [-1, NaN])
        await rejectsWith(() => registry.pushBlobChunkedResume(repo, writer.id, { offset }), RangeError);
      await rejectsWith(() => registry.pushBlobChunked(repo, { chunkSize: -1 }), RangeError);
    },
  },
  {
    id: "UPLOAD-25",
    title: "write accepts chunks larger or smaller than chunkSize",
    level: "MUST",
    cites: [clause(9, "write")],
    needs,
    why: "proxies split content anywhere, and the last chunk is usually smaller",
    lookFor: "a chunk size that is enforced",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello world");
      const writer = await registry.pushBlobChunked(repo, { chunkSize: 4 });
      for (const part of ["h", "ello wo", "r", "ld"])
        await resolves(() => writer.write(bytes(part)), "a write of any size");
      await resolves(() => writer.commit(descriptor.digest), "the commit");
    },
  },
];
