import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, rule } from "../../case/cites.ts";
import { equal, holds, reads, rejection, rejects, resolves } from "../../case/context.ts";
import { bytes, letPass, repo, absent } from "../../case/content.ts";

/** Wraps `chunks` in an async iterable that records whether it was closed. */
function watched(chunks: Iterable<Uint8Array>): {
  readonly source: AsyncIterable<Uint8Array>;
  readonly state: { asked: number; isLeft: boolean };
} {
  const state = { asked: 0, isLeft: false };
  const iterator = chunks[Symbol.iterator]();
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        state.asked += 1;
        const result = iterator.next();
        if (result.done === true) state.isLeft = true;
        return result;
      },
      return: async () => {
        state.isLeft = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  return { source, state };
}

/** Sources that a blob is read from. */
export const sourceCases: readonly ConformanceCase[] = [
  {
    id: "SOURCE-01",
    title: "pushBlob accepts every form of content and chunks of any size",
    level: "MUST",
    cites: [rule("content")],
    why: "streams split content anywhere",
    lookFor: "a push that accepts only one form, or reads only the first chunk",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello world");
      const letters = Array.from(content, (byte) => new Uint8Array([byte]));
      const gaps = [bytes(""), bytes("hello "), bytes(""), bytes("world"), bytes("")];
      const gapsInStream: ReadableStream<Uint8Array> = new ReadableStream({
        start: (controller) => {
          for (const chunk of gaps) controller.enqueue(chunk);
          controller.close();
        },
      });
      const part = bytes("so: hello world.").subarray(4, 15);
      const forms = [
        content,
        part,
        new Blob(letters),
        new Blob(letters).stream(),
        letters,
        watched(letters).source,
        gaps,
        watched(gaps).source,
        gapsInStream,
      ];
      for (const [i, form] of forms.entries()) {
        const repository = `conformance/form${i}`;
        await resolves(() => registry.pushBlob(repository, descriptor, form), "a push of each form");
        await reads(await registry.getBlob(repository, descriptor.digest), content, "the content");
      }
    },
  },
  {
    id: "SOURCE-02",
    title: "a blob of several mebibytes is stored and read intact",
    level: "MUST",
    cites: [clause(6)],
    why: "layers are large and arrive in many chunks",
    lookFor: "chunks in the wrong order, or an offset lost at the end of a buffer",
    run: async ({ registry }) => {
      const content = new Uint8Array(3 * 1024 * 1024 + 17).map((_, i) => (i * 7 + (i >> 11)) % 251);
      const { descriptor } = await blob(content);
      const parts = Array.from({ length: 7 }, (_, i) => content.subarray(i * 500_000, (i + 1) * 500_000));
      await registry.pushBlob(repo, descriptor, parts);
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
      const range = { start: 65_530, end: 2_097_160 };
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, range),
        content.subarray(range.start, range.end),
        "a range of it",
      );
    },
  },
  {
    id: "SOURCE-03",
    title: "pushBlob stops reading after size + 1 bytes",
    level: "MUST",
    cites: [clause(6, "mismatch")],
    why: "a client that announces five bytes and never stops would fill the disk",
    lookFor: "a size that is compared only after all content was read",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const { source, state } = watched(Array.from({ length: 1000 }, () => bytes("x")));
      await rejects(() => registry.pushBlob(repo, descriptor, source), "SIZE_INVALID", "DIGEST_INVALID");
      holds(state.asked <= 64, "at most 64 chunks of one byte read for a blob of 5", state.asked);
    },
  },
  {
    id: "SOURCE-04",
    title: "pushBlob closes its source if it rejects",
    level: "MUST",
    cites: [rule("content")],
    why: "an unclosed source keeps its file or connection open",
    lookFor: "a missing call of the iterator's return() or the stream's cancel()",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const tooLong = watched([bytes("hello"), bytes("hello"), bytes("hello")]);
      await rejects(
        () => registry.pushBlob(repo, descriptor, tooLong.source),
        "SIZE_INVALID",
        "DIGEST_INVALID",
      );
      equal(tooLong.state.isLeft, true, "return() of the async iterator was called");
      let isReturned = false;
      const plain = (function* () {
        try {
          for (let i = 0; i < 1000; i += 1) yield bytes("hello");
        } finally {
          isReturned = true;
        }
      })();
      await rejects(() => registry.pushBlob(repo, descriptor, plain), "SIZE_INVALID", "DIGEST_INVALID");
      equal(isReturned, true, "return() of the sync iterator was called");
      let isCancelled = false;
      let pulled = 0;
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
        pulled += 1;
        if (pulled > 1000) controller.close();
        else controller.enqueue(bytes("hello"));
      };
      const stream: ReadableStream<Uint8Array> = new ReadableStream({
        pull,
        cancel: () => {
          isCancelled = true;
        },
      });
      await rejects(() => registry.pushBlob(repo, descriptor, stream), "SIZE_INVALID", "DIGEST_INVALID");
      equal(isCancelled, true, "cancel() of the stream was called");
    },
  },
  {
    id: "SOURCE-05",
    title: "pushBlob rejects and stores nothing if its source fails",
    level: "MUST",
    cites: [clause(2, "during"), clause(6, "invisible")],
    why: "dropped connections are common",
    lookFor: "an error treated as the end of the content",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello");
      const failing = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        yield bytes("hello");
        throw new Error("the connection dropped");
      };
      await rejection(() => registry.pushBlob(repo, descriptor, failing()), "the source's error");
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), ...absent.blob);
      await registry.pushBlob(repo, descriptor, content);
      await rejection(() => registry.pushBlob(repo, descriptor, failing()), "the source's error");
      await reads(
        await resolves(() => registry.getBlob(repo, descriptor.digest), "getBlob of the blob stored before"),
        content,
        "its content",
      );
    },
  },
  {
    id: "SOURCE-06",
    title: "a blob is not visible until it is verified",
    level: "MUST",
    cites: [clause(6, "invisible")],
    why: "another client would read an incomplete blob under a valid digest",
    lookFor:
      "content written to its final place before it is verified, or a lookup that resolves with undefined for a missing blob",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello world");
      const seen: unknown[] = [];
      const look = async (): Promise<void> => {
        seen.push(
          await registry.resolveBlob(repo, descriptor.digest).then(
            () => "visible",
            () => "not there",
          ),
        );
      };
      const source = async function* (end: string): AsyncGenerator<Uint8Array, void, undefined> {
        await look();
        yield bytes("hello ");
        await look();
        yield bytes(end);
        await look();
      };
      await rejects(() => registry.pushBlob(repo, descriptor, source("there")), "DIGEST_INVALID");
      await registry.pushBlob(repo, descriptor, source("world"));
      equal([...new Set(seen)], ["not there"], "the results of resolveBlob during the push");
    },
  },
  {
    id: "SOURCE-07",
    title: "a source may reuse the memory of its chunks",
    level: "MUST",
    cites: [rule("chunks")],
    why: "files are often read into a single buffer",
    lookFor: "chunks that are collected without a copy",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello world");
      const source = (async function* () {
        const buffer = new Uint8Array(1);
        for (const byte of content) {
          buffer[0] = byte;
          yield buffer;
        }
      })();
      await resolves(() => registry.pushBlob(repo, descriptor, source), "a push from one reused buffer");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "SOURCE-85",
    title: "content changed during pushBlob is never stored under a digest that it does not match",
    level: "MUST",
    cites: [clause(6, "always")],
    why: "a reader would receive content that does not match the digest",
    lookFor: "the caller's memory hashed at one moment and stored at another",
    run: async ({ registry }) => {
      for (let turns = 0; turns < 8; turns += 1) {
        const content = new Uint8Array(512 * 1024).fill(turns);
        const { descriptor } = await blob(content.slice());
        const pushed = registry.pushBlob(repo, descriptor, content).then(
          () => true,
          () => false,
        );
        await letPass(turns);
        content.fill(255);
        if (!(await pushed)) continue;
        const read = await registry.getBlob(repo, descriptor.digest).then(async (reader) => reader.bytes());
        holds(
          read.every((byte) => byte === turns),
          `${descriptor.size} bytes of ${turns}, as pushed`,
          `bytes of ${[...new Set(read)].join(" and ")}`,
        );
      }
    },
  },
];
