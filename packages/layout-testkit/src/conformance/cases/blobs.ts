import { computeDigest, octetStream } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import { equal, reads, rejects, rejectsWith, resolves } from "../context.ts";
import { bytes, nowhere, pushText, repo } from "./content.ts";

const cites = "clause 6; distribution-spec end-4b";

/** What a registry does with blobs that are pushed and read in one go. */
export const blobCases: readonly ConformanceCase[] = [
  {
    id: "BLOB-01", title: "a pushed blob is read back, byte for byte", level: "MUST", cites,
    why: "this is what a registry is for", lookFor: "what is stored under the digest",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const pushed = await registry.pushBlob(repo, descriptor, content);
      equal(pushed, { mediaType: octetStream, digest: descriptor.digest, size: 5 }, "the pushed blob");
      const reader = await registry.getBlob(repo, descriptor.digest);
      equal(reader.descriptor, pushed, "the reader's descriptor");
      await reads(reader, content, "the content");
    },
  },
  {
    id: "BLOB-02", title: "content of another digest is rejected, and nothing is stored", level: "MUST", cites,
    why: "whoever reads by digest trusts that it was checked", lookFor: "a push that does not hash what it stores",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      await rejects(() => registry.pushBlob(repo, descriptor, bytes("jello")), "DIGEST_INVALID");
      await rejects(() => registry.getBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
    },
  },
  {
    id: "BLOB-03", title: "content of another size is rejected, and nothing is stored", level: "MUST", cites,
    why: "a truncated upload must not look like a whole one", lookFor: "a size that is taken from the descriptor and not counted",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      for (const size of [4, 6]) await rejects(() => registry.pushBlob(repo, { ...descriptor, size }, content), "SIZE_INVALID", "DIGEST_INVALID");
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
    },
  },
  {
    id: "BLOB-04", title: "content is verified also where its digest is stored already", level: "MUST", cites,
    why: "a client that pushes damage would be told that all is well", lookFor: "a short-cut for a digest that exists",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      await rejects(() => registry.pushBlob(repo, descriptor, bytes("jello")), "DIGEST_INVALID");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content, as it was");
    },
  },
  {
    id: "BLOB-05", title: "the empty blob is a blob", level: "MUST", cites,
    why: "empty layers and files are common", lookFor: "a test of the size or the content for truth",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "");
      equal(await registry.resolveBlob(repo, descriptor.digest), { mediaType: octetStream, digest: descriptor.digest, size: 0 }, "the empty blob");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "its content");
    },
  },
  {
    id: "BLOB-06", title: "sha512 is verified like sha256", level: "MUST", cites: "clause 6; image-spec descriptor.md, digests", needs: ["digestAlgorithms"],
    why: "an algorithm that is announced and not computed protects nobody", lookFor: "sha256 where the digest's own algorithm should be",
    run: async ({ registry }) => {
      const { digest } = await computeDigest(bytes("hello"), { algorithm: "sha512" });
      equal((await registry.pushBlob(repo, { digest }, bytes("hello"))).digest, digest, "the digest");
      await reads(await registry.getBlob(repo, digest), bytes("hello"), "the content");
      await rejects(() => registry.pushBlob(repo, { digest }, bytes("jello")), "DIGEST_INVALID");
    },
  },
  {
    id: "BLOB-07", title: "a blob that is not there is BLOB_UNKNOWN in every call", level: "MUST", cites: "clause 6; distribution-spec code-1",
    why: "a caller asks whether to push by this code", lookFor: "undefined in place of a rejection, or an error without a code",
    run: async ({ registry }) => {
      for (const call of [() => registry.getBlob(repo, nowhere), () => registry.resolveBlob(repo, nowhere), () => registry.getBlobRange(repo, nowhere, { start: 0 })]) {
        await rejects(call, "BLOB_UNKNOWN");
      }
    },
  },
  {
    id: "BLOB-08", title: "without a size the digest alone decides", level: "MUST", cites,
    why: "a client that streams may not know the size", lookFor: "undefined compared with a number",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      equal((await registry.pushBlob(repo, { digest: descriptor.digest }, content)).size, 5, "the size");
    },
  },
  {
    id: "BLOB-09", title: "what was pushed may be changed once the call is over", level: "MUST", cites: "clause 3",
    why: "callers reuse their buffers", lookFor: "the caller's own array in the store",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const content = bytes("hello");
      await registry.pushBlob(repo, descriptor, content);
      content.fill(0);
      await reads(await registry.getBlob(repo, descriptor.digest), bytes("hello"), "the content");
    },
  },
  {
    id: "BLOB-10", title: "what was read may be changed", level: "MUST", cites: "clause 3",
    why: "one reader would change what the next one reads", lookFor: "the stored array handed out",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      for await (const chunk of await registry.getBlob(repo, descriptor.digest)) chunk.fill(0);
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "BLOB-11", title: "content may come in any form, and in chunks of any size", level: "MUST", cites: "contract, section 1",
    why: "streams do not ask where they are cut", lookFor: "a push that takes only one form, or only the first chunk",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello world");
      const letters = Array.from(content, (byte) => new Uint8Array([byte]));
      const forms = [content, new Blob(letters), new Blob(letters).stream(), letters, (async function* () { for (const it of letters) { yield it; await Promise.resolve(); } })()];
      for (const form of forms) await resolves(() => registry.pushBlob(repo, descriptor, form), "the push of each form");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "BLOB-12", title: "an unsupported or malformed digest is DIGEST_INVALID in every call", level: "MUST", cites: "clause 5; distribution-spec code-4",
    why: "a name that cannot be right must not become a path", lookFor: "a digest that is used before it is parsed",
    run: async ({ registry }) => {
      for (const digest of ["", "sha256:", "sha256:zz", "latest", `md5:${"0".repeat(32)}`, `sha256:${"A".repeat(64)}`, "sha256:../../../x"]) {
        for (const call of [() => registry.getBlob(repo, digest), () => registry.resolveBlob(repo, digest), () => registry.pushBlob(repo, { digest }, bytes("x")), () => registry.getManifest(repo, digest), () => registry.resolveManifest(repo, digest)]) {
          await rejects(call, "DIGEST_INVALID");
        }
      }
    },
  },
  {
    id: "RANGE-01", title: "the end of a range is exclusive", level: "MUST", cites: "clause 7",
    why: "readers that fetch in parts would get a byte twice", lookFor: "HTTP's inclusive end",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      await reads(await registry.getBlobRange(repo, descriptor.digest, { start: 2, end: 5 }), bytes("234"), "bytes 2 to 5");
      await reads(await registry.getBlobRange(repo, descriptor.digest, { start: 8 }), bytes("89"), "bytes from 8");
    },
  },
  {
    id: "RANGE-02", title: "the end of a range is clamped to the size", level: "MUST", cites: "clause 7",
    why: "a client asks for a mebibyte whatever is left", lookFor: "an end that is not compared with the size",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      await reads(await registry.getBlobRange(repo, descriptor.digest, { start: 7, end: 100 }), bytes("789"), "bytes 7 to 100");
      await reads(await registry.getBlobRange(repo, descriptor.digest, { start: 10, end: 100 }), bytes(""), "bytes from the end");
    },
  },
  {
    id: "RANGE-03", title: "a range has the whole blob's descriptor", level: "MUST", cites: "clause 7",
    why: "Content-Range needs the whole size", lookFor: "the part's length as size",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      const reader = await registry.getBlobRange(repo, descriptor.digest, { start: 2, end: 5 });
      await reader.close();
      equal(reader.descriptor, { mediaType: octetStream, digest: descriptor.digest, size: 10 }, "the descriptor");
    },
  },
  {
    id: "RANGE-04", title: "a range behind the end, or backwards, is RANGE_INVALID; a negative one a RangeError", level: "MUST", cites: "clause 7",
    why: "416 and a wrong program are two things", lookFor: "slice(), which takes anything",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      for (const range of [{ start: 11 }, { start: 5, end: 4 }]) await rejects(() => registry.getBlobRange(repo, descriptor.digest, range), "RANGE_INVALID");
      await rejectsWith(() => registry.getBlobRange(repo, descriptor.digest, { start: -1 }), RangeError);
    },
  },
];
