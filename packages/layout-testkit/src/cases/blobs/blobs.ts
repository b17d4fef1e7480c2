import { computeDigest, octetStream } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { capabilities, clause, distSpec, imageSpec, rule } from "../../case/cites.ts";
import { equal, reads, rejects, rejectsWith, resolves } from "../../case/context.ts";
import { absent, bytes, nowhere, pushText, repo } from "../../case/content.ts";

/** What a registry does with blobs that are pushed in one go. */
export const blobCases: readonly ConformanceCase[] = [
  {
    id: "BLOB-01",
    title: "a pushed blob is read back, byte for byte",
    level: "MUST",
    cites: [clause(6, "always"), distSpec("end-4b")],
    why: "this is what a registry is for",
    lookFor: "what is stored under the digest, and the media type of a blob: application/octet-stream",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const expected = { mediaType: octetStream, digest: descriptor.digest, size: 5 };
      equal(await registry.pushBlob(repo, descriptor, content), expected, "the pushed blob");
      equal(await registry.resolveBlob(repo, descriptor.digest), expected, "the resolved blob");
      const reader = await registry.getBlob(repo, descriptor.digest);
      equal(reader.descriptor, expected, "the reader's descriptor");
      await reads(reader, content, "the content");
    },
  },
  {
    id: "BLOB-02",
    title: "content of another digest is rejected, and nothing is stored",
    level: "MUST",
    cites: [clause(6, "mismatch"), distSpec("end-4b")],
    why: "whoever reads by digest trusts that it was checked",
    lookFor: "a push that does not hash what it stores; verifyStream() of oci-types does",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      await rejects(() => registry.pushBlob(repo, descriptor, bytes("jello")), "DIGEST_INVALID");
      await rejects(() => registry.getBlob(repo, descriptor.digest), ...absent.blob);
      const sent = await blob("jello");
      await rejects(() => registry.resolveBlob(repo, sent.descriptor.digest), ...absent.blob);
    },
  },
  {
    id: "BLOB-03",
    title: "content of another size is SIZE_INVALID, and nothing is stored",
    level: "MUST",
    cites: [clause(6, "mismatch"), distSpec("end-4b")],
    why: "a truncated upload must not look like a whole one",
    lookFor: "a size that is taken from the descriptor and not counted; verifyStream() of oci-types counts",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      for (const size of [0, 4, 6])
        await rejects(() => registry.pushBlob(repo, { ...descriptor, size }, content), "SIZE_INVALID");
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), ...absent.blob);
    },
  },
  {
    id: "BLOB-04",
    title: "content is verified also where its digest is stored already",
    level: "MUST",
    cites: [clause(6, "always"), distSpec("end-4b")],
    why: "a client that pushes damage would be told that all is well",
    lookFor: "a short-cut for a digest that exists",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      await rejects(() => registry.pushBlob(repo, descriptor, bytes("jello")), "DIGEST_INVALID");
      await rejects(
        () => registry.pushBlob(repo, descriptor, new Blob([bytes("jello")]).stream()),
        "DIGEST_INVALID",
      );
      await rejects(() => registry.pushBlob(repo, { ...descriptor, size: 4 }, content), "SIZE_INVALID");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content, as it was");
    },
  },
  {
    id: "BLOB-05",
    title: "the empty blob is a blob",
    level: "MUST",
    cites: [clause(6), distSpec("end-4b")],
    why: "empty layers and files are common",
    lookFor: "a test of the size or the content for truth",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "");
      equal(
        await registry.resolveBlob(repo, descriptor.digest),
        { mediaType: octetStream, digest: descriptor.digest, size: 0 },
        "the empty blob",
      );
      await reads(await registry.getBlob(repo, descriptor.digest), content, "its content");
      equal(
        await new Response((await registry.getBlob(repo, descriptor.digest)).stream()).text(),
        "",
        "what stream() gives",
      );
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, { start: 0 }),
        content,
        "all of its bytes",
      );
    },
  },
  {
    id: "BLOB-06",
    title: "sha512 is verified like sha256",
    level: "MUST",
    cites: [clause(6), imageSpec("descriptor.md#digests")],
    needs: ["sha512"],
    why: "an algorithm that is announced and not computed protects nobody",
    lookFor: "sha256 where the digest's own algorithm should be",
    run: async ({ registry }) => {
      const { digest } = await computeDigest(bytes("hello"), { algorithm: "sha512" });
      equal((await registry.pushBlob(repo, { digest }, bytes("hello"))).digest, digest, "the digest");
      equal((await registry.resolveBlob(repo, digest)).digest, digest, "the resolved digest");
      await reads(await registry.getBlob(repo, digest), bytes("hello"), "the content");
      await rejects(() => registry.pushBlob(repo, { digest }, bytes("jello")), "DIGEST_INVALID");
    },
  },
  {
    id: "BLOB-07",
    title: "a blob that is not there is BLOB_UNKNOWN in every call",
    level: "MUST",
    cites: [clause(6, "absent"), distSpec("BLOB_UNKNOWN")],
    why: "a caller decides by this code whether to push",
    lookFor: "undefined in place of a rejection, an error without a code, one code for everything",
    run: async ({ registry }) => {
      await pushText(registry, "something else");
      for (const call of [
        () => registry.getBlob(repo, nowhere),
        () => registry.resolveBlob(repo, nowhere),
        () => registry.getBlobRange(repo, nowhere, { start: 0 }),
      ]) {
        await rejects(call, "BLOB_UNKNOWN");
      }
    },
  },
  {
    id: "BLOB-08",
    title: "without a size the digest alone decides",
    level: "MUST",
    cites: [clause(6, "mismatch"), distSpec("end-4b")],
    why: "a client that streams may not know the size",
    lookFor: "undefined compared with a number",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      equal(
        (
          await resolves(
            () => registry.pushBlob(repo, { digest: descriptor.digest }, content),
            "the push of a blob of unknown size",
          )
        ).size,
        5,
        "the size",
      );
      await resolves(
        () => registry.pushBlob(repo, { digest: descriptor.digest, size: undefined }, content),
        "the push of a blob whose size is undefined",
      );
      await rejects(
        () => registry.pushBlob(repo, { digest: descriptor.digest }, bytes("jello")),
        "DIGEST_INVALID",
      );
    },
  },
  {
    id: "BLOB-09",
    title: "what was pushed may be changed once the call is over",
    level: "MUST",
    cites: [clause(3, "arguments")],
    why: "callers reuse their buffers",
    lookFor: "the caller's own array in the store: keep a copy",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const content = bytes("hello");
      const expected = { digest: descriptor.digest, size: 5 };
      await registry.pushBlob(repo, expected, content);
      content.fill(0);
      expected.size = 7;
      await reads(await registry.getBlob(repo, descriptor.digest), bytes("hello"), "the content");
      equal((await registry.resolveBlob(repo, descriptor.digest)).size, 5, "the size");
    },
  },
  {
    id: "BLOB-10",
    title: "what was read may be changed",
    level: "MUST",
    cites: [clause(3, "results")],
    why: "one reader would change what the next one reads",
    lookFor: "the stored array handed out",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      for await (const chunk of await registry.getBlob(repo, descriptor.digest)) chunk.fill(0);
      (await (await registry.getBlob(repo, descriptor.digest)).bytes()).fill(0);
      const range = { start: 1, end: 3 };
      for await (const chunk of await registry.getBlobRange(repo, descriptor.digest, range)) chunk.fill(0);
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, range),
        content.slice(1, 3),
        "a part of the content",
      );
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "BLOB-11",
    title: "a blob may be pushed again, also by many at once",
    level: "MUST",
    cites: [clause(6, "replace"), distSpec("end-4b")],
    why: "images share layers, and builds run in parallel",
    lookFor: "an error where a file exists already, a temporary file with a fixed name",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const push = (): Promise<unknown> => registry.pushBlob(repo, descriptor, content);
      await resolves(
        () => Promise.all(Array.from({ length: 8 }, push)),
        "eight pushes of the same blob at once",
      );
      await resolves(push, "another push of it");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "BLOB-12",
    title: "a digest of an algorithm that is not supported is refused",
    level: "MUST",
    cites: [clause(5, "digest"), imageSpec("descriptor.md#digests")],
    why: "what cannot be verified must not be stored",
    lookFor:
      "an algorithm that is taken from the digest and not compared with those that can be computed; requireDigest() of oci-types does",
    run: async ({ registry }) => {
      const digest = `md5:5d41402abc4b2a76b9719d911017c592`;
      await rejects(
        () => registry.pushBlob(repo, { digest }, bytes("hello")),
        "DIGEST_INVALID",
        "UNSUPPORTED",
      );
    },
  },
  {
    id: "BLOB-13",
    title: "where sha512 is not promised it is refused",
    level: "MUST",
    cites: [clause(5, "digest"), capabilities],
    unless: "sha512",
    why: "what is stored and cannot be verified is a trap",
    lookFor: "a capability that says too little, or a digest that is believed",
    run: async ({ registry }) => {
      const { digest } = await computeDigest(bytes("hello"), { algorithm: "sha512" });
      await rejects(
        () => registry.pushBlob(repo, { digest }, bytes("hello")),
        "DIGEST_INVALID",
        "UNSUPPORTED",
      );
      await rejects(() => registry.getBlob(repo, digest), "DIGEST_INVALID", "UNSUPPORTED", ...absent.blob);
    },
  },
  {
    id: "BLOB-14",
    title: "content that is no bytes is a TypeError, a size that is none a RangeError",
    level: "MUST",
    cites: [clause(1, "mistakes"), rule("arguments"), rule("content")],
    why: "a mistake of the program is not a broken upload",
    lookFor:
      "a string that is taken as an iterable, chunks that are not looked at; verifyStream() of oci-types looks",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const wrong: readonly unknown[] = [
        "hello",
        undefined,
        null,
        7,
        {},
        ["hello"],
        [[104, 101, 108, 108, 111]],
      ];
      const text = async function* (): AsyncGenerator<unknown, void, undefined> {
        yield "hello";
      };
      for (const source of [...wrong, text()])
        await rejectsWith(() => registry.pushBlob(repo, descriptor, source as Uint8Array), TypeError);
      for (const size of [-1, NaN])
        await rejectsWith(
          () => registry.pushBlob(repo, { digest: descriptor.digest, size }, content),
          RangeError,
        );
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), ...absent.blob);
    },
  },
  {
    id: "BLOB-15",
    title: "a blob's descriptor that was given may be changed",
    level: "MUST",
    cites: [clause(3, "results")],
    why: "one caller would change what the next one is told",
    lookFor: "one descriptor handed out again and again: give a copy",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const expected = { mediaType: octetStream, digest: descriptor.digest, size: 5 };
      const given = [
        () => registry.pushBlob(repo, descriptor, content),
        () => registry.resolveBlob(repo, expected.digest),
        async () => (await registry.getBlob(repo, expected.digest)).descriptor,
        async () => (await registry.getBlobRange(repo, expected.digest, { start: 1 })).descriptor,
      ];
      for (const give of given) {
        // A frozen one cannot be changed: that is as good.
        Reflect.set(await give(), "size", 7);
        equal(await give(), expected, "the descriptor, the next time");
      }
    },
  },
  {
    id: "BLOB-16",
    title: "what is passed to a call is not changed",
    level: "MUST",
    cites: [clause(3, "arguments")],
    why: "callers use their objects again",
    lookFor: "defaults that are filled in, or bytes that are worked on, where they are",
    run: async ({ registry, promises }) => {
      const { descriptor, content } = await blob("hello");
      const wanted = { digest: descriptor.digest };
      const range = { start: 1, end: 100 };
      const options = {};
      await registry.pushBlob(repo, wanted, content, options);
      await (await registry.getBlobRange(repo, descriptor.digest, range, options)).close();
      if (promises("resumableUploads")) {
        const writer = await registry.pushBlobChunked(repo, options);
        await writer.write(content);
        await writer.cancel();
      }
      equal(wanted, { digest: descriptor.digest }, "the descriptor that was passed");
      equal(range, { start: 1, end: 100 }, "the range that was passed");
      equal(options, {}, "the options that were passed");
      equal([...content], [...bytes("hello")], "the bytes that were passed");
    },
  },
];
