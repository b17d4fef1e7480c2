import type { BlobReader } from "@ocilayout/oci-types";
import { collect, computeDigest, isRegistryError, octetStream } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, rule } from "../../case/cites.ts";
import { equal, holds, reads, rejection, rejects, rejectsWith, resolves } from "../../case/context.ts";
import { bytes, nowhere, pushArtifact, pushText, repo } from "../../case/content.ts";

/** How content is read, as a whole and in parts. */
export const readingCases: readonly ConformanceCase[] = [
  {
    id: "READ-01",
    title: "content is read as bytes, text, JSON, a stream or chunks",
    level: "MUST",
    cites: [rule("reader")],
    why: "each caller reads in the way that suits it",
    lookFor: "a reader that is made by hand; createBlobReader() makes one of plain bytes",
    run: async ({ registry }) => {
      const document = '{"a":"a few words that are not ASCII: äöü ÄÖÜ €€€ 漢字"}';
      const { descriptor, content } = await pushText(registry, document);
      const open = (): ReturnType<typeof registry.getBlob> => registry.getBlob(repo, descriptor.digest);
      await reads(await open(), content, "bytes()");
      equal(await (await open()).text(), document, "text()");
      equal(await (await open()).json(), JSON.parse(document), "json()");
      equal(await new Response((await open()).stream()).text(), document, "what stream() gives");
      const decoder = new TextDecoder();
      let text = "";
      for await (const chunk of await open()) text += decoder.decode(chunk, { stream: true });
      equal(text, document, "what the chunks give");
    },
  },
  {
    id: "READ-02",
    title: "a reader is consumed once",
    level: "MUST",
    cites: [rule("reader")],
    why: "a second reading would find the end, and take it for an empty blob",
    lookFor: "a reader that starts again or gives nothing",
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
    title: "a reader may be closed, at any time and more than once",
    level: "MUST",
    cites: [rule("reader")],
    why: "who looks at the descriptor only must be able to free the file",
    lookFor: "a close() that waits for a reading, or leaves the file open",
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
      await rejection(() => disposed.bytes(), "CLOSED");
      const used = await registry.getBlob(repo, descriptor.digest);
      await used.bytes();
      await resolves(() => used.close(), "close() of a reader that was read to its end");
    },
  },
  {
    id: "READ-04",
    title: "a manifest's reader has the manifest's descriptor",
    level: "MUST",
    cites: [clause(18, "members")],
    why: "a server answers with what the descriptor says",
    lookFor: "a reader that is made for a blob",
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
    title: "a reader's descriptor is the caller's, and changing it changes nothing",
    level: "MUST",
    cites: [clause(3, "results"), clause(8)],
    why: "what the content is verified against must not be in the hands of whoever reads",
    lookFor: "one object that is handed out and kept; createBlobReader() of oci-types hands out copies",
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
        // Where it is frozen nothing changes, and that is as good.
        for (const [name, value] of [
          ["digest", nowhere],
          ["size", 1],
          ["mediaType", "application/x-b"],
        ] as const)
          Reflect.set(reader.descriptor, name, value);
        const read = await resolves(() => reader.bytes(), "the content, as it is without the change");
        equal(Array.from(read), Array.from(i < 2 ? content : whole), "the content");
        const another = await open();
        equal(another.descriptor, expected, "the descriptor of another reader");
        await another.close();
      }
    },
  },
  {
    id: "READ-05",
    title: "chunks are the caller's, and two readers of one blob are two",
    level: "MUST",
    cites: [rule("chunks")],
    why: "who collects chunks would have the last one many times",
    lookFor: "one buffer that every chunk is read into, a reader or an offset that is shared",
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
        equal(
          [digest, size],
          [descriptor.digest, content.length],
          "the digest and size of what the chunks give together",
        );
      }
      const behind = { start: 131_072, end: 131_080 };
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, behind),
        content.slice(behind.start, behind.end),
        "a few bytes in the middle",
      );
    },
  },
  {
    id: "READ-06",
    title: "what is not JSON is MANIFEST_INVALID to who asks for JSON",
    level: "MUST",
    cites: [clause(1, "code"), rule("reader")],
    why: "damage in what was stored is not a mistake of the program",
    lookFor: "JSON.parse() without a catch",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "{");
      const reader = await registry.getBlob(repo, descriptor.digest);
      await rejects(() => reader.json(), "MANIFEST_INVALID");
    },
  },
  {
    id: "READ-07",
    title: "a reader that is closed half-way does not look read to its end",
    level: "MUST",
    cites: [clause(8, "closed")],
    why: "half a blob would be taken for a whole one",
    lookFor: "a loop that ends without a word when the file is closed",
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
        `CLOSED, or all of the ${content.length} bytes`,
        outcome,
      );
    },
  },
  {
    id: "RANGE-01",
    title: "the end of a range is exclusive",
    level: "MUST",
    cites: [clause(7)],
    why: "readers that fetch in parts would get a byte twice",
    lookFor: "HTTP's inclusive end",
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
        "bytes from 8",
      );
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, { start: 8, end: undefined }),
        bytes("89"),
        "bytes from 8 to an end that is undefined",
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
    title: "the end of a range is clamped to the size",
    level: "MUST",
    cites: [clause(7)],
    why: "a client asks for a mebibyte whatever is left",
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
    title: "a range has the whole blob's descriptor",
    level: "MUST",
    cites: [clause(7, "descriptor")],
    why: "Content-Range needs the whole size",
    lookFor: "the part's length as size",
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
    title: "a range behind the end, or backwards, is RANGE_INVALID",
    level: "MUST",
    cites: [clause(7)],
    why: "a client that resumes has to learn that there is nothing more",
    lookFor: "slice(), which takes anything",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      for (const range of [{ start: 11 }, { start: 11, end: 20 }, { start: 5, end: 4 }]) {
        await rejects(() => registry.getBlobRange(repo, descriptor.digest, range), "RANGE_INVALID");
      }
    },
  },
  {
    id: "RANGE-05",
    title: "an empty range is empty",
    level: "MUST",
    cites: [clause(7)],
    why: "a blob that was read to its end has a rest of nothing",
    lookFor: "0 taken for absent, or the end for behind it",
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
          "a reader of no bytes",
        );
        await reads(reader, bytes(""), "no bytes");
      }
    },
  },
  {
    id: "RANGE-06",
    title: "a range that no program can mean is a RangeError",
    level: "MUST",
    cites: [clause(1, "mistakes")],
    why: "a range that does not fit the blob and a mistake of the program are two things",
    lookFor: "numbers that are not looked at; requireCount() of oci-types does",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "0123456789");
      for (const range of [{ start: -1 }, { start: NaN }, { start: 0, end: -1 }, { start: 0, end: NaN }]) {
        await rejectsWith(() => registry.getBlobRange(repo, descriptor.digest, range), RangeError);
      }
    },
  },
];
