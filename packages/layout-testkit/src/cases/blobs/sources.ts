import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, rule } from "../../case/cites.ts";
import { equal, holds, reads, rejection, rejects, resolves } from "../../case/context.ts";
import { absent, bytes, letPass, repo } from "../../case/content.ts";

/** An async iterable over `chunks` that says whether it was left. */
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

/** How a registry treats what it reads a blob from. */
export const sourceCases: readonly ConformanceCase[] = [
  {
    id: "SOURCE-01",
    title: "content may come in any form, and in chunks of any size",
    level: "MUST",
    cites: [rule("content")],
    why: "streams do not ask where they are cut",
    lookFor: "a push that takes only one form, or only the first chunk",
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
        await resolves(() => registry.pushBlob(repository, descriptor, form), "the push of each form");
        await reads(await registry.getBlob(repository, descriptor.digest), content, "the content");
      }
    },
  },
  {
    id: "SOURCE-02",
    title: "a blob of several mebibytes is put together again",
    level: "MUST",
    cites: [clause(6)],
    why: "layers are large, and come in many chunks",
    lookFor: "the order of chunks, an offset that is lost at a buffer's end",
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
        "a part of it",
      );
    },
  },
  {
    id: "SOURCE-03",
    title: "reading stops one byte behind the size",
    level: "MUST",
    cites: [clause(6, "mismatch")],
    why: "a client that announces five bytes and sends without end would fill the disk",
    lookFor: "a size that is compared when everything has been read",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const { source, state } = watched(Array.from({ length: 1000 }, () => bytes("x")));
      await rejects(() => registry.pushBlob(repo, descriptor, source), "SIZE_INVALID", "DIGEST_INVALID");
      holds(state.asked <= 64, "64 chunks of one byte at most to be asked for, for a blob of 5", state.asked);
    },
  },
  {
    id: "SOURCE-04",
    title: "a source is left when its push is rejected",
    level: "MUST",
    cites: [rule("content")],
    why: "a source that is not left keeps its file or connection open",
    lookFor: "an iterator's return() or a stream's cancel() that is not called",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const tooLong = watched([bytes("hello"), bytes("hello"), bytes("hello")]);
      await rejects(
        () => registry.pushBlob(repo, descriptor, tooLong.source),
        "SIZE_INVALID",
        "DIGEST_INVALID",
      );
      equal(tooLong.state.isLeft, true, "whether the iterator's return() was called");
      let isReturned = false;
      const plain = (function* () {
        try {
          for (let i = 0; i < 1000; i += 1) yield bytes("hello");
        } finally {
          isReturned = true;
        }
      })();
      await rejects(() => registry.pushBlob(repo, descriptor, plain), "SIZE_INVALID", "DIGEST_INVALID");
      equal(isReturned, true, "whether return() was called of an iterator that does not wait");
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
      equal(isCancelled, true, "whether the stream was cancelled");
    },
  },
  {
    id: "SOURCE-05",
    title: "a source that fails ends its push, and nothing is stored",
    level: "MUST",
    cites: [clause(2, "during"), clause(6, "invisible")],
    why: "a connection that drops is an everyday thing",
    lookFor: "an error that is taken for the end",
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
        await resolves(() => registry.getBlob(repo, descriptor.digest), "the blob that was there before"),
        content,
        "its content",
      );
    },
  },
  {
    id: "SOURCE-06",
    title: "nothing is visible before it is verified",
    level: "MUST",
    cites: [clause(6, "invisible")],
    why: "somebody would read half a blob under a whole one's name",
    lookFor:
      "content that has its final name or place before it is verified, a lookup that answers undefined for what is not there",
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
      equal([...new Set(seen)], ["not there"], "what others saw while it was pushed");
    },
  },
  {
    id: "SOURCE-07",
    title: "a source may use a chunk's memory again",
    level: "MUST",
    cites: [rule("chunks")],
    why: "files are read into one buffer, over and over",
    lookFor: "chunks that are collected without being copied",
    run: async ({ registry }) => {
      const { descriptor, content } = await blob("hello world");
      const source = (async function* () {
        const buffer = new Uint8Array(1);
        for (const byte of content) {
          buffer[0] = byte;
          yield buffer;
        }
      })();
      await resolves(() => registry.pushBlob(repo, descriptor, source), "the push from one buffer");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
    },
  },
  {
    id: "SOURCE-85",
    title:
      "content that is changed during its push is never acknowledged under a digest that it does not have",
    level: "MUST",
    cites: [clause(6, "always")],
    why: "whoever pulls the blob gets other bytes than were asked for",
    lookFor: "memory of the caller that is hashed at one moment and kept or written at another",
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
          `${descriptor.size} bytes of ${turns}, as they were pushed`,
          `bytes of ${[...new Set(read)].join(" and ")}`,
        );
      }
    },
  },
];
