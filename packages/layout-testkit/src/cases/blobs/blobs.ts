import { computeDigest, octetStream } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { capabilities, clause, distSpec, imageSpec, rule } from "../../case/cites.ts";
import { equal, reads, rejects, rejectsWith, resolves } from "../../case/context.ts";
import { absent, bytes, nowhere, pushText, repo } from "../../case/content.ts";

/** Blobs pushed in one call. */
export const blobCases: readonly ConformanceCase[] = [
  {
    id: "BLOB-01",
    title: "getBlob returns a pushed blob byte for byte",
    level: "MUST",
    cites: [clause(6, "always"), distSpec("end-4b")],
    why: "storing and returning content is the purpose of a registry",
    lookFor: "the wrong content under the digest, or a media type other than application/octet-stream",
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
    title: "pushBlob rejects a digest mismatch and stores nothing",
    level: "MUST",
    cites: [clause(6, "mismatch"), distSpec("end-4b")],
    why: "readers rely on the digest having been verified",
    lookFor: "a push that stores content without hashing it; verifyStream() of oci-types hashes it",
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
    title: "pushBlob rejects a size mismatch with SIZE_INVALID and stores nothing",
    level: "MUST",
    cites: [clause(6, "mismatch"), distSpec("end-4b")],
    why: "a truncated upload must not pass for a complete one",
    lookFor: "a size copied from the descriptor instead of counted; verifyStream() of oci-types counts",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      for (const size of [0, 4, 6])
        await rejects(() => registry.pushBlob(repo, { ...descriptor, size }, content), "SIZE_INVALID");
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), ...absent.blob);
    },
  },
  {
    id: "BLOB-04",
    title: "pushBlob verifies content even if its digest is already stored",
    level: "MUST",
    cites: [clause(6, "always"), distSpec("end-4b")],
    why: "a client that pushes corrupt content would receive a success",
    lookFor: "an early return if the digest already exists",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      await rejects(() => registry.pushBlob(repo, descriptor, bytes("jello")), "DIGEST_INVALID");
      await rejects(
        () => registry.pushBlob(repo, descriptor, new Blob([bytes("jello")]).stream()),
        "DIGEST_INVALID",
      );
      await rejects(() => registry.pushBlob(repo, { ...descriptor, size: 4 }, content), "SIZE_INVALID");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the original content");
    },
  },
  {
    id: "BLOB-05",
    title: "an empty blob can be pushed and read",
    level: "MUST",
    cites: [clause(6), distSpec("end-4b")],
    needs: ["emptyBlobs"],
    why: "empty layers and files are common",
    lookFor: "a truthiness test of the size or the content",
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
        "the text of stream()",
      );
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, { start: 0 }),
        content,
        "the range from 0",
      );
    },
  },
  {
    id: "BLOB-06",
    title: "sha512 is verified like sha256",
    level: "MUST",
    cites: [clause(6), imageSpec("descriptor.md#digests")],
    needs: ["sha512"],
    why: "an algorithm that is accepted but not computed gives no protection",
    lookFor: "sha256 used instead of the digest's own algorithm",
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
    title: "every call about a missing blob fails with BLOB_UNKNOWN",
    level: "MUST",
    cites: [clause(6, "absent"), distSpec("BLOB_UNKNOWN")],
    why: "callers decide by this code whether to push",
    lookFor:
      "undefined returned instead of a rejection, an error without a code, or one code for every error",
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
    title: "pushBlob accepts a descriptor without a size",
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
            "a push without a size",
          )
        ).size,
        5,
        "the size",
      );
      await resolves(
        () => registry.pushBlob(repo, { digest: descriptor.digest, size: undefined }, content),
        "a push with the size undefined",
      );
      await rejects(
        () => registry.pushBlob(repo, { digest: descriptor.digest }, bytes("jello")),
        "DIGEST_INVALID",
      );
    },
  },
  {
    id: "BLOB-09",
    title: "changing pushed content after the call does not change the blob",
    level: "MUST",
    cites: [clause(3, "arguments")],
    why: "callers reuse their buffers",
    lookFor: "a reference to the caller's array in the store: copy it",
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
    title: "changing content that was read does not change the blob",
    level: "MUST",
    cites: [clause(3, "results")],
    why: "one caller would change what the next one reads",
    lookFor: "the stored array returned without a copy",
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
    title: "a blob can be pushed repeatedly and concurrently",
    level: "MUST",
    cites: [clause(6, "replace"), distSpec("end-4b")],
    why: "images share layers, and builds run in parallel",
    lookFor: "an error if the file already exists, or a temporary file with a fixed name",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const push = (): Promise<unknown> => registry.pushBlob(repo, descriptor, content);
      await resolves(
        () => Promise.all(Array.from({ length: 8 }, push)),
        "eight concurrent pushes of one blob",
      );
      await resolves(push, "a repeated push");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "BLOB-12",
    title: "pushBlob rejects a digest with an unsupported algorithm",
    level: "MUST",
    cites: [clause(5, "digest"), imageSpec("descriptor.md#digests")],
    why: "content that cannot be verified must not be stored",
    lookFor:
      "a digest whose algorithm is not checked against the supported ones; requireDigest() of oci-types checks it",
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
    title: "without the capability sha512, sha512 digests are rejected",
    level: "MUST",
    cites: [clause(5, "digest"), capabilities],
    unless: "sha512",
    why: "content stored under a digest that cannot be verified may be corrupt",
    lookFor: "a capability that is supported but set to false, or a digest accepted without verification",
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
    title: "pushBlob throws a TypeError for invalid content and a RangeError for an invalid size",
    level: "MUST",
    cites: [clause(1, "mistakes"), rule("arguments"), rule("content")],
    why: "a programming error must be distinguishable from a failed upload",
    lookFor:
      "a string accepted as an iterable, or chunks whose type is not checked; verifyStream() of oci-types checks it",
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
    title: "changing a returned blob descriptor does not change later results",
    level: "MUST",
    cites: [clause(3, "results")],
    why: "one caller would change the descriptor that the next one receives",
    lookFor: "one descriptor object returned to every caller: return a copy",
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
        // Reflect.set() has no effect on a frozen descriptor, which is equally correct.
        Reflect.set(await give(), "size", 7);
        equal(await give(), expected, "the descriptor of the next call");
      }
    },
  },
  {
    id: "BLOB-16",
    title: "blob calls do not modify their arguments",
    level: "MUST",
    cites: [clause(3, "arguments")],
    why: "callers reuse their objects",
    lookFor: "defaults written into the caller's options, or bytes modified in place",
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
      equal(wanted, { digest: descriptor.digest }, "the caller's descriptor");
      equal(range, { start: 1, end: 100 }, "the caller's range");
      equal(options, {}, "the caller's options");
      equal([...content], [...bytes("hello")], "the caller's bytes");
    },
  },
];
