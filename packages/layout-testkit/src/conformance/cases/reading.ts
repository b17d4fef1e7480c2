import { octetStream } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../case.ts";
import { equal, reads, rejection, rejects, rejectsWith, resolves } from "../context.ts";
import { bytes, pushArtifact, pushText, repo } from "./content.ts";

/** How content is read, as a whole and in parts. */
export const readingCases: readonly ConformanceCase[] = [
  {
    id: "READ-01", title: "content is read as bytes, text, JSON, a stream or chunks", level: "MUST", cites: "contract, section 1",
    why: "each caller reads in the way that suits it", lookFor: "a reader that is made by hand; createBlobReader() makes one of plain bytes",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, '{"a":1}');
      const open = (): ReturnType<typeof registry.getBlob> => registry.getBlob(repo, descriptor.digest);
      await reads(await open(), content, "bytes()");
      equal(await (await open()).text(), '{"a":1}', "text()");
      equal(await (await open()).json(), { a: 1 }, "json()");
      equal(await new Response((await open()).stream()).text(), '{"a":1}', "what stream() gives");
      const decoder = new TextDecoder();
      let text = "";
      for await (const chunk of await open()) text += decoder.decode(chunk, { stream: true });
      equal(text, '{"a":1}', "what the chunks give");
    },
  },
  {
    id: "READ-02", title: "a reader is consumed once", level: "MUST", cites: "contract, section 1",
    why: "a second reading would find the end, and take it for an empty blob", lookFor: "a reader that starts again or gives nothing",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      const reader = await registry.getBlob(repo, descriptor.digest);
      await reads(reader, content, "the content");
      await rejectsWith(() => reader.bytes(), TypeError);
    },
  },
  {
    id: "READ-03", title: "a reader may be closed, at any time and more than once", level: "MUST", cites: "contract, section 1",
    why: "who looks at the descriptor only must be able to free the file", lookFor: "a close() that waits for a reading, or leaves the file open",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "hello");
      const fresh = await registry.getBlob(repo, descriptor.digest);
      await resolves(() => fresh.close(), "close() of a fresh reader");
      await resolves(() => fresh.close(), "close() of a closed reader");
      await rejection(() => fresh.bytes(), "CLOSED");
      const half = await registry.getBlob(repo, descriptor.digest);
      for await (const chunk of half) if (chunk.length > 0) break;
      await resolves(() => half.close(), "close() of a reader that was left");
      const disposed = await registry.getBlob(repo, descriptor.digest);
      await resolves(async () => disposed[Symbol.asyncDispose](), "the disposal of a reader");
    },
  },
  {
    id: "READ-04", title: "a manifest's reader has the manifest's descriptor", level: "MUST", cites: "clause 18",
    why: "a server answers with what the descriptor says", lookFor: "a reader that is made for a blob",
    run: async ({ registry }) => {
      const pushed = await pushArtifact(registry, "one", ["t"]);
      for (const reader of [await registry.getManifest(repo, pushed.digest), await registry.getTag(repo, "t")]) {
        equal(reader.descriptor, pushed, "the reader's descriptor");
        equal(((await reader.json()) as { annotations: unknown }).annotations, { name: "one" }, "the document's annotations");
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
      await reads(await registry.getBlobRange(repo, descriptor.digest, { start: 0, end: 10 }), bytes("0123456789"), "all bytes");
    },
  },
  {
    id: "RANGE-02", title: "the end of a range is clamped to the size", level: "MUST", cites: "clause 7",
    why: "a client asks for a mebibyte whatever is left", lookFor: "an end that is not compared with the size",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      await reads(await registry.getBlobRange(repo, descriptor.digest, { start: 7, end: 100 }), bytes("789"), "bytes 7 to 100");
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
    id: "RANGE-04", title: "a range behind the end, or backwards, is RANGE_INVALID", level: "MUST", cites: "clause 7",
    why: "a client that resumes has to learn that there is nothing more", lookFor: "slice(), which takes anything",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      for (const range of [{ start: 11 }, { start: 11, end: 20 }, { start: 5, end: 4 }]) {
        await rejects(() => registry.getBlobRange(repo, descriptor.digest, range), "RANGE_INVALID");
      }
    },
  },
  {
    id: "RANGE-05", title: "an empty range is empty", level: "MUST", cites: "clause 7",
    why: "a blob that was read to its end has a rest of nothing", lookFor: "0 taken for absent, or the end for behind it",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      for (const range of [{ start: 10 }, { start: 10, end: 100 }, { start: 4, end: 4 }, { start: 0, end: 0 }]) {
        const reader = await resolves(() => registry.getBlobRange(repo, descriptor.digest, range), "a reader of no bytes");
        await reads(reader, bytes(""), "no bytes");
      }
    },
  },
  {
    id: "RANGE-06", title: "a range that no program can mean is a RangeError", level: "MUST", cites: "clause 1",
    why: "416 and a wrong program are two things", lookFor: "numbers that are not looked at",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      for (const range of [{ start: -1 }, { start: NaN }, { start: 0, end: -1 }]) {
        await rejectsWith(() => registry.getBlobRange(repo, descriptor.digest, range), RangeError);
      }
    },
  },
];
