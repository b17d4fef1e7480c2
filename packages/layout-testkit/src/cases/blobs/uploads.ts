import { computeDigest, octetStream } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec, rule } from "../../case/cites.ts";
import { equal, holds, reads, rejects, rejectsWith, resolves } from "../../case/context.ts";
import { absent, bytes, other, pushText, repo } from "../../case/content.ts";

const needs = ["resumableUploads"] as const;

/** What a registry does with upload sessions. */
export const uploadCases: readonly ConformanceCase[] = [
  {
    id: "UPLOAD-01",
    title: "what is written in chunks becomes a blob",
    level: "MUST",
    cites: [clause(9), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "large layers come in chunks",
    lookFor: "chunks that are put together in another order, or only the last one",
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
    title: "a commit is verified",
    level: "MUST",
    cites: [clause(9, "commit"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "damage on the way must not be stored under a good name",
    lookFor: "a commit that renames and does not hash",
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
    title: "a commit is verified also where the digest is stored already",
    level: "MUST",
    cites: [clause(9, "commit"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "the client would be told that damage arrived whole",
    lookFor: "a short-cut for a digest that exists",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("jello"));
      await rejects(() => writer.commit(descriptor.digest), "DIGEST_INVALID");
      await reads(
        await resolves(() => registry.getBlob(repo, descriptor.digest), "the blob that was there before"),
        content,
        "its content",
      );
    },
  },
  {
    id: "UPLOAD-04",
    title: "a session goes on where it stands",
    level: "MUST",
    cites: [clause(9, "resume"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a dropped connection must not cost what was sent",
    lookFor: "a resumed session that begins again",
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
      equal(third.size, 9, "the size of a writer that goes on where the session stands");
      equal(
        (await registry.resolveUpload(repo, first.id)).size,
        9,
        "the session's size while a writer goes on",
      );
      await third.write(bytes("ld"));
      equal(
        (await registry.resolveUpload(repo, first.id)).size,
        11,
        "the session's size after its last write",
      );
      equal((await third.commit(descriptor.digest)).size, 11, "the size of the committed blob");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-05",
    title: "another offset than the size is RANGE_INVALID, and the session stays as it is",
    level: "MUST",
    cites: [clause(9, "resume"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a client that is mistaken would leave a hole or write twice",
    lookFor: "an offset that is ignored or used as the place to write",
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
    title: "an id that the registry never issued must be rejected",
    level: "MUST",
    cites: [clause(9, "ids"), distSpec("end-13"), distSpec("BLOB_UPLOAD_UNKNOWN")],
    needs,
    why: "a client could create or touch storage under a name it chose",
    lookFor: 'opening the session file with "create if missing"',
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
    title: "an id is bound to its repository",
    level: "MUST",
    cites: [clause(9, "ids"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "who may write to one repository must not finish another's upload",
    lookFor: "sessions that are found by id alone",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await writer.close();
      await rejects(() => registry.pushBlobChunkedResume(other, writer.id), "BLOB_UPLOAD_UNKNOWN");
      await rejects(() => registry.resolveUpload(other, writer.id), "BLOB_UPLOAD_UNKNOWN");
      await rejects(() => registry.cancelUpload(other, writer.id), "BLOB_UPLOAD_UNKNOWN");
      await resolves(() => registry.resolveUpload(repo, writer.id), "the session, as it was");
    },
  },
  {
    id: "UPLOAD-09",
    title: "a session is one writer's at a time",
    level: "MUST",
    cites: [clause(9, "one-writer"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "two clients' bytes would be mixed",
    lookFor: "a resume that does not ask who has the session",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      for (let time = 0; time < 2; time += 1)
        await rejects(() => registry.pushBlobChunkedResume(repo, writer.id), "BLOB_UPLOAD_INVALID");
      await resolves(() => writer.write(bytes("hello")), "a write after others were refused");
      await writer.close();
      const next = await registry.pushBlobChunkedResume(repo, writer.id);
      await rejects(() => writer.write(bytes("hello")), "BLOB_UPLOAD_INVALID");
      equal(next.size, 5, "the size of the writer that has the session now");
      await next.cancel();
    },
  },
  {
    id: "UPLOAD-12",
    title: "writes that are not awaited run in the order of the calls",
    level: "MUST",
    cites: [clause(9, "write"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a stream's data events do not wait",
    lookFor: "writes that overtake each other",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello world");
      const writer = await registry.pushBlobChunked(repo);
      const writes = Array.from("hello world", (letter) => writer.write(bytes(letter)));
      await resolves(() => writer.commit(descriptor.digest), "the commit of all letters in order");
      await Promise.all(writes);
      const closed = await registry.pushBlobChunked(repo);
      const early = Array.from("hello", (letter) => closed.write(bytes(letter)));
      await closed.close();
      await resolves(() => Promise.all(early), "the writes before a close");
      equal((await registry.resolveUpload(repo, closed.id)).size, 5, "the session's size");
    },
  },
  {
    id: "UPLOAD-13",
    title: "what was written may be changed once the write is over",
    level: "MUST",
    cites: [clause(3, "arguments")],
    needs,
    why: "callers reuse their buffers",
    lookFor: "the caller's own array kept",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const writer = await registry.pushBlobChunked(repo);
      const chunk = bytes("so: hello").subarray(4);
      await writer.write(chunk);
      equal([...chunk], [...bytes("hello")], "the chunk, as it was");
      chunk.fill(0);
      await resolves(() => writer.commit(descriptor.digest), "the commit of what was written");
    },
  },
  {
    id: "UPLOAD-14",
    title: "nothing that is uploaded is a blob before its commit",
    level: "MUST",
    cites: [clause(9, "write"), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "half a layer must not be pulled",
    lookFor: "a session that is written in the blob's final place",
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
    title: "an upload without a byte is the empty blob",
    level: "MUST",
    cites: [clause(9), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "empty layers are uploaded like others",
    lookFor: "a session that begins with its first chunk",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("");
      const writer = await registry.pushBlobChunked(repo);
      equal(writer.size, 0, "the writer's size");
      await writer.write(bytes(""));
      await resolves(() => writer.commit(descriptor.digest), "the commit of nothing");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "UPLOAD-16",
    title: "a session is looked at without being taken",
    level: "MUST",
    cites: [rule("upload-status"), distSpec("end-13")],
    needs,
    why: "a client asks how far it got, while its last request may still run",
    lookFor: "a status that needs the writer's lock, or drops the session",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await writer.write(bytes("hello"));
      const status = await resolves(
        () => registry.resolveUpload(repo, writer.id),
        "the status of a session that has a writer",
      );
      equal([status.id, status.size], [writer.id, 5], "its id and size");
      holds(status.chunkSize > 0 && writer.chunkSize > 0, "a chunk size that is greater than 0", [
        status.chunkSize,
        writer.chunkSize,
      ]);
      await resolves(() => writer.write(bytes(" world")), "a write after somebody asked");
      equal(status.size, 5, "the size that was told before the write");
    },
  },
  {
    id: "UPLOAD-17",
    title: "ids cannot be guessed",
    level: "MUST",
    cites: [clause(9, "ids")],
    needs,
    why: "who knows an id can write into the upload",
    lookFor: "a counter, the time, or the repository's name as id",
    run: async ({ registry }) => {
      const ids: string[] = [];
      for (let i = 0; i < 8; i += 1) {
        const writer = await registry.pushBlobChunked(repo);
        ids.push(writer.id);
        await writer.close();
      }
      equal(new Set(ids).size, ids.length, "how many ids differ");
      for (const id of ids) holds(id.length >= 16, "an id of 16 characters at least", id);
      const [first = "", second = ""] = ids;
      const differing = Array.from(first).filter((letter, i) => letter !== second[i]).length;
      holds(differing >= 8, "two ids that differ in 8 characters at least", ids.slice(0, 2));
    },
  },
  {
    id: "UPLOAD-18",
    title: "uploads beside each other do not touch each other",
    level: "MUST",
    cites: [clause(9), distSpec("pushing-a-blob-in-chunks")],
    needs,
    why: "a client uploads several layers at once",
    lookFor: "one buffer or file for all sessions of a repository",
    run: async ({ registry }) => {
      const names = ["one", "two", "three", "four"];
      const writers = await Promise.all(names.map(() => registry.pushBlobChunked(repo)));
      for (const part of ["begin ", "middle ", "end"])
        await Promise.all(writers.map((writer, i) => writer.write(bytes(`${part}${names[i] ?? ""}`))));
      for (const [i, writer] of writers.entries()) {
        const name = names[i] ?? "";
        const { descriptor, content } = await blob(`begin ${name}middle ${name}end${name}`);
        await resolves(() => writer.commit(descriptor.digest), "the commit of each");
        await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
      }
    },
  },
  {
    id: "UPLOAD-19",
    title: "an upload may have a digest of another algorithm",
    level: "MUST",
    cites: [clause(9, "commit"), distSpec("pushing-a-blob-in-chunks")],
    needs: ["resumableUploads", "sha512"],
    why: "the digest that comes at the end decides what is verified",
    lookFor: "sha256 that is computed on the way, whatever was announced",
    run: async ({ registry }) => {
      const { digest } = await computeDigest(bytes("hello"), { algorithm: "sha512" });
      for (const [options, content] of [
        [{ digestAlgorithm: "sha512" }, "hello"],
        [{}, "hello"],
      ] as const) {
        const writer = await registry.pushBlobChunked(repo, options);
        await writer.write(bytes(content));
        equal(
          (await resolves(() => writer.commit(digest), "the commit of a sha512 digest")).digest,
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
      await resolves(() => second.commit(digest), "the commit of a sha512 digest by a writer that went on");
    },
  },
  {
    id: "UPLOAD-20",
    title: "what makes no sense for an upload is a TypeError or RangeError",
    level: "MUST",
    cites: [clause(1, "mistakes"), rule("arguments")],
    needs,
    why: "a mistake of the program is not a broken upload",
    lookFor: "text that is written as if it were bytes, numbers that are not looked at",
    run: async ({ registry }) => {
      const writer = await registry.pushBlobChunked(repo);
      await rejectsWith(() => writer.write("hello" as unknown as Uint8Array), TypeError);
      equal(writer.size, 0, "the size after a write that was refused");
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
    title: "a chunk may be larger or smaller than was announced",
    level: "MUST",
    cites: [clause(9, "write")],
    needs,
    why: "a proxy writes what it gets, and the last chunk is as large as what is left",
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
