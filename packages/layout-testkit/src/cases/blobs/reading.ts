import type { BlobReader } from "@ocilayout/oci-types";
import { collect, computeDigest, isRegistryError, octetStream } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, rule } from "../../case/cites.ts";
import { equal, holds, reads, rejection, rejects, rejectsWith, resolves } from "../../case/context.ts";
import { bytes, nowhere, pushArtifact, pushText, repo } from "../../case/content.ts";

/** Content read as a whole and in ranges. */
export const readingCases: readonly ConformanceCase[] = [
  {
    id: "READ-01",
    title: "a reader returns bytes, text, JSON, a stream and chunks",
    level: "MUST",
    cites: [rule("reader")],
    why: "callers choose the form that suits them",
    lookFor: "a reader written by hand; createBlobReader() makes one of plain bytes",
    run: async ({ registry }) => {
      const document = '{"a":"a few words that are not ASCII: äöü ÄÖÜ €€€ 漢字"}';
      const { descriptor, content } = await pushText(registry, document);
      const open = (): ReturnType<typeof registry.getBlob> => registry.getBlob(repo, descriptor.digest);
      await reads(await open(), content, "bytes()");
      equal(await (await open()).text(), document, "text()");
      equal(await (await open()).json(), JSON.parse(document), "json()");
      equal(await new Response((await open()).stream()).text(), document, "the text of stream()");
      const decoder = new TextDecoder();
      let text = "";
      for await (const chunk of await open()) text += decoder.decode(chunk, { stream: true });
      equal(text, document, "the text of the chunks");
    },
  },
  {
    id: "READ-02",
    title: "a reader throws a TypeError if it is consumed twice",
    level: "MUST",
    cites: [rule("reader")],
    why: "a caller would take an empty second read for an empty blob",
    lookFor: "a reader that starts again or returns nothing",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "hello");
      const ways = [
        (reader: BlobReader): Promise<unknown> => reader.bytes(),
        (reader: BlobReader): Promise<unknown> => reader.text(),
        (reader: BlobReader): Promise<unknown> => collect(reader),
        (reader: BlobReader): Promise<unknown> => collect(reader.stream()),
      ];
      const { digest } = await pushArtifact(registry, "one");
      for (const open of [
        () => registry.getBlob(repo, descriptor.digest),
        () => registry.getManifest(repo, digest),
      ]) {
        for (const first of ways) {
          for (const again of ways) {
            const reader = await open();
            await first(reader);
            await rejectsWith(async () => again(reader), TypeError);
          }
        }
      }
    },
  },
  {
    id: "READ-03",
    title: "a reader can be closed at any time and repeatedly",
    level: "MUST",
    cites: [rule("reader")],
    why: "a caller that needs only the descriptor must be able to free the file",
    lookFor: "a close() that waits for a read, or leaves the file open",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "hello");
      const fresh = await registry.getBlob(repo, descriptor.digest);
      await resolves(() => fresh.close(), "close() of an unused reader");
      await resolves(() => fresh.close(), "close() of a closed reader");
      await rejection(() => fresh.bytes(), "CLOSED");
      const half = await registry.getBlob(repo, descriptor.digest);
      for await (const chunk of half) if (chunk.length > 0) break;
      await resolves(() => half.close(), "close() of a partly read reader");
      const disposed = await registry.getBlob(repo, descriptor.digest);
      await resolves(async () => disposed[Symbol.asyncDispose](), "disposal of a reader");
      await rejection(() => disposed.bytes(), "CLOSED");
      const used = await registry.getBlob(repo, descriptor.digest);
      await used.bytes();
      await resolves(() => used.close(), "close() of a fully read reader");
    },
  },
  {
    id: "READ-04",
    title: "a manifest's reader has the manifest's descriptor",
    level: "MUST",
    cites: [clause(18, "members")],
    why: "servers send the descriptor's media type, digest and size",
    lookFor: "a reader with a blob's descriptor",
    run: async ({ registry }) => {
      const pushed = await pushArtifact(registry, "one", ["t"]);
      for (const reader of [
        await registry.getManifest(repo, pushed.digest),
        await registry.getTag(repo, "t"),
      ]) {
        equal(reader.descriptor, pushed, "the reader's descriptor");
        equal(
          ((await reader.json()) as { annotations: unknown }).annotations,
          { name: "one" },
          "the document's annotations",
        );
      }
    },
  },
  {
    id: "READ-90",
    title: "changing a reader's descriptor affects neither that reader nor others",
    level: "MUST",
    cites: [clause(3, "results"), clause(8)],
    why: "callers must not be able to change what the content is verified against",
    lookFor: "one descriptor object both returned and kept; createBlobReader() of oci-types returns copies",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      const { digest } = await pushArtifact(registry, "one", ["t"]);
      const opening = [
        () => registry.getBlob(repo, descriptor.digest),
        () => registry.getBlobRange(repo, descriptor.digest, { start: 0 }),
        () => registry.getManifest(repo, digest),
        () => registry.getTag(repo, "t"),
      ];
      for (const [i, open] of opening.entries()) {
        const untouched = await open();
        const expected = { ...untouched.descriptor };
        const whole = await untouched.bytes();
        const reader = await open();
        // Reflect.set() has no effect on a frozen descriptor, which is equally correct.
        for (const [name, value] of [
          ["digest", nowhere],
          ["size", 1],
          ["mediaType", "application/x-b"],
        ] as const)
          Reflect.set(reader.descriptor, name, value);
        const read = await resolves(() => reader.bytes(), "bytes() after the change");
        equal(Array.from(read), Array.from(i < 2 ? content : whole), "the content");
        const another = await open();
        equal(another.descriptor, expected, "the descriptor of another reader");
        await another.close();
      }
    },
  },
  {
    id: "READ-05",
    title: "chunks are never reused, and readers of one blob are independent",
    level: "MUST",
    cites: [rule("chunks")],
    why: "a caller that collects chunks would hold the last one several times",
    lookFor: "one buffer that every chunk is read into, or a reader or offset that readers share",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob(
        new Uint8Array(200_000).map((_, i) => (i * 7 + (i >> 8)) % 251),
      );
      await registry.pushBlob(repo, descriptor, content);
      const [first, second] = [
        await registry.getBlob(repo, descriptor.digest),
        await registry.getBlob(repo, descriptor.digest),
      ];
      const [chunks, streamed] = await Promise.all([collect(first), collect(second.stream())]);
      for (const given of [chunks, streamed]) {
        const { digest, size } = await computeDigest(given);
        equal([digest, size], [descriptor.digest, content.length], "the digest and size of all chunks");
      }
      const behind = { start: 131_072, end: 131_080 };
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, behind),
        content.slice(behind.start, behind.end),
        "a range in the middle",
      );
    },
  },
  {
    id: "READ-06",
    title: "json() fails with MANIFEST_INVALID if the content is not JSON",
    level: "MUST",
    cites: [clause(1, "code"), rule("reader")],
    why: "corrupt stored content is not a programming error of the caller",
    lookFor: "JSON.parse() without a catch",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "{");
      const reader = await registry.getBlob(repo, descriptor.digest);
      await rejects(() => reader.json(), "MANIFEST_INVALID");
    },
  },
  {
    id: "READ-07",
    title: "a reader closed while it is read does not end as if it were complete",
    level: "MUST",
    cites: [clause(8, "closed")],
    why: "callers would take part of a blob for all of it",
    lookFor: "a loop that ends without an error when the file is closed",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob(new Uint8Array(1_500_000));
      await registry.pushBlob(repo, descriptor, content);
      const reader = await registry.getBlob(repo, descriptor.digest);
      const chunks = reader[Symbol.asyncIterator]();
      let size = 0;
      const readAll = async (): Promise<void> => {
        for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
          if (size === 0) await reader.close();
          size += next.value.length;
        }
      };
      const outcome = await readAll().then(
        () => "the end",
        (error: unknown) => error,
      );
      holds(
        isRegistryError(outcome, "CLOSED") || size === content.length,
        `CLOSED, or all ${content.length} bytes`,
        outcome,
      );
    },
  },
  {
    id: "RANGE-01",
    title: "getBlobRange excludes the byte at end",
    level: "MUST",
    cites: [clause(7)],
    why: "readers that fetch in parts would receive a byte twice",
    lookFor: "an inclusive end, as in HTTP",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, { start: 2, end: 5 }),
        bytes("234"),
        "bytes 2 to 5",
      );
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, { start: 8 }),
        bytes("89"),
        "the bytes from 8",
      );
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, { start: 8, end: undefined }),
        bytes("89"),
        "the bytes from 8, with the end undefined",
      );
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, { start: 0, end: 10 }),
        bytes("0123456789"),
        "all bytes",
      );
    },
  },
  {
    id: "RANGE-02",
    title: "getBlobRange clamps end to the size",
    level: "MUST",
    cites: [clause(7)],
    why: "clients request blocks of a fixed size, also at the end",
    lookFor: "an end that is not compared with the size",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, { start: 7, end: 100 }),
        bytes("789"),
        "bytes 7 to 100",
      );
    },
  },
  {
    id: "RANGE-03",
    title: "getBlobRange returns the descriptor of the whole blob",
    level: "MUST",
    cites: [clause(7, "descriptor")],
    why: "a Content-Range header needs the whole size",
    lookFor: "the length of the range as the size",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      const reader = await registry.getBlobRange(repo, descriptor.digest, { start: 2, end: 5 });
      await reader.close();
      equal(
        reader.descriptor,
        { mediaType: octetStream, digest: descriptor.digest, size: 10 },
        "the descriptor",
      );
    },
  },
  {
    id: "RANGE-04",
    title: "getBlobRange rejects start > size and start > end with RANGE_INVALID",
    level: "MUST",
    cites: [clause(7)],
    why: "a client that resumes must learn that there are no more bytes",
    lookFor: "slice(), which accepts any range",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      for (const range of [{ start: 11 }, { start: 11, end: 20 }, { start: 5, end: 4 }]) {
        await rejects(() => registry.getBlobRange(repo, descriptor.digest, range), "RANGE_INVALID");
      }
    },
  },
  {
    id: "RANGE-05",
    title: "getBlobRange returns no bytes if start equals end or the size",
    level: "MUST",
    cites: [clause(7)],
    why: "a client that resumes after the last byte must receive an empty rest",
    lookFor: "0 treated as absent, or start == size treated as start > size",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      for (const range of [
        { start: 10 },
        { start: 10, end: 100 },
        { start: 4, end: 4 },
        { start: 0, end: 0 },
      ]) {
        const reader = await resolves(
          () => registry.getBlobRange(repo, descriptor.digest, range),
          "getBlobRange of an empty range",
        );
        await reads(reader, bytes(""), "no bytes");
      }
    },
  },
  {
    id: "RANGE-06",
    title: "getBlobRange throws a RangeError for negative numbers and NaN",
    level: "MUST",
    cites: [clause(1, "mistakes")],
    why: "a programming error must be distinguishable from a range that exceeds the blob",
    lookFor: "numbers that are not validated; requireCount() of oci-types validates them",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      for (const range of [{ start: -1 }, { start: NaN }, { start: 0, end: -1 }, { start: 0, end: NaN }]) {
        await rejectsWith(() => registry.getBlobRange(repo, descriptor.digest, range), RangeError);
      }
    },
  },
];
