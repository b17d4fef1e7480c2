import { setImmediate as moment, setTimeout as pause } from "node:timers/promises";

import type {
  BlobReader,
  BlobWriter,
  Registry,
  RegistryCapabilities,
  RegistryErrorCode,
} from "@ocilayout/oci-types";
import { createBlobReader } from "@ocilayout/oci-backend";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import type { MemoryOptions } from "../../src/memory/index.ts";
import { changeReader, changeWriter, changeWriters, unless } from "../mutants/mutant.ts";

/** A registry that differs from the one in memory and still fulfils the contract. */
export interface Benign {
  /** The difference, as the continuation of “a registry that …”. */
  readonly what: string;
  readonly capabilities?: Partial<RegistryCapabilities>;
  readonly memory?: MemoryOptions;
  readonly change: (whole: Registry) => Registry;
  /** Awaited before the registry is created. */
  readonly before?: () => Promise<void>;
}

type Call = (...args: unknown[]) => unknown;

/** The calls that return promises, and those that return lists. */
const LISTS = ["tags", "referrers", "repositories"] as const;
const READS = ["getBlob", "getBlobRange", "getManifest", "getTag"] as const;
const RESOLVES = ["resolveBlob", "resolveManifest", "resolveTag"] as const;

/** Wraps each of the calls `names`. */
function around(
  whole: Registry,
  names: readonly (keyof Registry)[],
  wrap: (call: Call, name: string) => Call,
): Registry {
  const calls = names.map((name) => [name, wrap((...args) => (whole[name] as Call)(...args), name)]);
  return { ...whole, ...(Object.fromEntries(calls) as Partial<Registry>) };
}

/** The names of all calls that return promises. */
function promises(whole: Registry): (keyof Registry)[] {
  return (Object.keys(whole) as (keyof Registry)[]).filter(
    (name) => typeof whole[name] === "function" && !LISTS.some((list) => list === name),
  );
}

/** Changes every reader. */
function readers(
  whole: Registry,
  change: (reader: BlobReader, name: string) => BlobReader | Promise<BlobReader>,
): Registry {
  return around(
    whole,
    READS,
    (call, name) =>
      async (...args) =>
        change((await call(...args)) as BlobReader, name),
  );
}

/** Changes every list. */
function lists(whole: Registry, change: (items: AsyncIterable<unknown>) => AsyncIterable<unknown>): Registry {
  return around(
    whole,
    LISTS,
    (call) =>
      (...args) =>
        change(call(...args) as AsyncIterable<unknown>),
  );
}

/** Returns the reader with its chunks cut differently. */
function recut(
  reader: BlobReader,
  cut: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): BlobReader {
  const open = (): AsyncIterator<Uint8Array> => {
    const iterator = reader[Symbol.asyncIterator]();
    return cut({ [Symbol.asyncIterator]: () => iterator })[Symbol.asyncIterator]();
  };
  const stream = (): ReadableStream<Uint8Array> => {
    const chunks = open();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const next = await chunks.next();
          if (next.done === true) controller.close();
          else controller.enqueue(next.value);
        },
        cancel: () => reader.close(),
      },
      { highWaterMark: 0 },
    );
  };
  return changeReader(reader, { stream, [Symbol.asyncIterator]: open });
}

/** Cuts small pieces first, so that reading a large blob does not take minutes. */
async function* inBytes(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let left = 300;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; left -= 1) {
      const end = left > 0 ? at + 1 : chunk.length;
      yield chunk.slice(at, end);
      at = end;
    }
  }
}

async function* withEmptyChunks(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield new Uint8Array();
  for await (const chunk of chunks) {
    yield chunk;
    yield new Uint8Array();
  }
}

async function* asBuffers(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

async function dawdle(): Promise<void> {
  for (let left = Math.floor(Math.random() * 3); left > 0; left -= 1) await moment();
}

/** Classes whose methods depend on `this`. */
class OwnReader implements BlobReader {
  readonly #reader: BlobReader;
  constructor(reader: BlobReader) {
    this.#reader = reader;
  }
  get descriptor(): BlobReader["descriptor"] {
    return this.#reader.descriptor;
  }
  stream(): ReadableStream<Uint8Array> {
    return this.#reader.stream();
  }
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#reader.bytes();
  }
  text(): Promise<string> {
    return this.#reader.text();
  }
  json(): Promise<unknown> {
    return this.#reader.json();
  }
  close(): Promise<void> {
    return this.#reader.close();
  }
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#reader[Symbol.asyncIterator]();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.#reader.close();
  }
}

class OwnWriter implements BlobWriter {
  readonly #writer: BlobWriter;
  constructor(writer: BlobWriter) {
    this.#writer = writer;
  }
  get id(): string {
    return this.#writer.id;
  }
  get size(): number {
    return this.#writer.size;
  }
  get chunkSize(): number {
    return this.#writer.chunkSize;
  }
  write(chunk: Uint8Array): Promise<void> {
    return this.#writer.write(chunk);
  }
  close(): Promise<void> {
    return this.#writer.close();
  }
  commit(digest: string): ReturnType<BlobWriter["commit"]> {
    return this.#writer.commit(digest);
  }
  cancel(): Promise<void> {
    return this.#writer.cancel();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.#writer.close();
  }
}

/** Returns `whole` as an instance of a class whose methods reject another `this`. */
function asInstance(whole: Registry): Registry {
  class Own {
    readonly #whole: Registry = whole;
    static whole(own: Own): Registry {
      return own.#whole;
    }
  }
  for (const name of [...promises(whole), ...LISTS]) {
    Object.defineProperty(Own.prototype, name, {
      value(this: Own, ...args: unknown[]): unknown {
        const result = (Own.whole(this)[name] as Call)(...args);
        if (READS.some((read) => read === name))
          return (result as Promise<BlobReader>).then((reader) => new OwnReader(reader));
        if (name === "pushBlobChunked" || name === "pushBlobChunkedResume")
          return (result as Promise<BlobWriter>).then((writer) => new OwnWriter(writer));
        return result;
      },
    });
  }
  return new Own() as unknown as Registry;
}

/** Returns an error of another copy of the library: another class with the same brand. */
function ofAnotherCopy(error: unknown): unknown {
  if (!isRegistryError(error)) return error;
  const { code, message, detail } = error;
  const toJSON = (): unknown => ({ code, message, ...(detail === undefined ? {} : { detail }) });
  return Object.assign(
    new Error(message),
    { [Symbol.for("@ocilayout/RegistryError")]: true, name: "RegistryError", code, toJSON },
    detail === undefined ? {} : { detail },
  );
}

/** Changes every error. */
function failing(whole: Registry, change: (error: unknown) => unknown): Registry {
  const calls = around(whole, promises(whole), (call) => async (...args) => {
    try {
      return await call(...args);
    } catch (error) {
      throw change(error);
    }
  });
  return lists(calls, async function* (items) {
    try {
      yield* items;
    } catch (error) {
      throw change(error);
    }
  });
}

async function isKnown(whole: Registry, repo: unknown): Promise<boolean> {
  for await (const name of whole.repositories()) if (name === repo) return true;
  return false;
}

/** Replaces the code of reads in a missing repository. */
function unknownRepository(whole: Registry): Registry {
  return around(whole, [...READS, ...RESOLVES], (call) => async (...args) => {
    try {
      return await call(...args);
    } catch (error) {
      if (isRegistryError(error, "BLOB_UNKNOWN", "MANIFEST_UNKNOWN") && !(await isKnown(whole, args[0])))
        throw new RegistryError("NAME_UNKNOWN");
      throw error;
    }
  });
}

function frozen<Value>(value: Value): Value {
  return Object.freeze(value);
}

/** Changes the form of upload ids. */
function withIds(whole: Registry, look: (id: string) => string, plain: (id: string) => string): Registry {
  return {
    ...whole,
    pushBlobChunked: async (...args) => renamed(await whole.pushBlobChunked(...args)),
    pushBlobChunkedResume: async (repo, id, options) =>
      renamed(await whole.pushBlobChunkedResume(repo, plain(id), options)),
    resolveUpload: async (repo, id, options) => ({
      ...(await whole.resolveUpload(repo, plain(id), options)),
      id,
    }),
    cancelUpload: (repo, id, options) => whole.cancelUpload(repo, plain(id), options),
  };
  function renamed(writer: BlobWriter): BlobWriter {
    return changeWriter(writer, { id: look(writer.id) });
  }
}

const PREFIX = "s3://uploads/+=";

function dropsFailed(writer: BlobWriter): Partial<BlobWriter> {
  return {
    commit: async (digest) =>
      unless(writer.commit(digest), "DIGEST_INVALID", async (error) => {
        await writer.cancel();
        throw error;
      }),
  };
}

/** Updates `size` when write() is called, before the bytes are stored. */
function countsAtOnce(writer: BlobWriter): Partial<BlobWriter> {
  let waiting = 0;
  return {
    get size(): number {
      return writer.size + waiting;
    },
    write: async (chunk) => {
      const length = chunk instanceof Uint8Array ? chunk.length : 0;
      waiting += length;
      try {
        await writer.write(chunk);
      } finally {
        waiting -= length;
      }
    },
  };
}

function otherCode(whole: Registry, from: RegistryErrorCode, to: RegistryErrorCode): Registry["pushBlob"] {
  return async (repo, descriptor, content, options) => {
    const { size, digest } = descriptor;
    if (size === undefined || !(content instanceof Uint8Array) || content.length === size)
      return whole.pushBlob(repo, descriptor, content, options);
    return unless(whole.pushBlob(repo, descriptor, content, options), from, async (error) => {
      const isRight = await whole
        .pushBlob("scratch", { digest }, content)
        .then(() => whole.deleteBlob("scratch", digest))
        .then(
          () => true,
          () => false,
        );
      throw isRight ? error : new RegistryError(to);
    });
  };
}

/** Returns a list whose iterator has only `next`. */
function bare(items: AsyncIterable<unknown>): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = items[Symbol.asyncIterator]();
      return { next: () => iterator.next() };
    },
  };
}

export const benign: readonly Benign[] = [
  {
    what: "yields its content byte by byte",
    change: (whole) => readers(whole, (reader) => recut(reader, inBytes)),
  },
  {
    what: "yields empty chunks among others",
    change: (whole) => readers(whole, (reader) => recut(reader, withEmptyChunks)),
  },
  {
    what: "returns Buffers",
    change: (whole) =>
      readers(whole, (reader) =>
        changeReader(recut(reader, asBuffers), { bytes: async () => Buffer.from(await reader.bytes()) }),
      ),
  },
  {
    what: "has readers that yield one chunk",
    change: (whole) =>
      readers(whole, (reader) =>
        recut(reader, async function* (chunks) {
          const all: Uint8Array[] = [];
          for await (const chunk of chunks) all.push(chunk);
          yield new Uint8Array(Buffer.concat(all));
        }),
      ),
  },
  {
    what: "answers after a varying delay",
    change: (whole) => {
      const calls = around(whole, promises(whole), (call) => async (...args) => {
        await dawdle();
        try {
          return await call(...args);
        } finally {
          await dawdle();
        }
      });
      return lists(calls, async function* (items) {
        let given = 0;
        for await (const item of items) {
          if (given < 9) await dawdle();
          given += 1;
          yield item;
        }
      });
    },
  },
  {
    what: "delays each write",
    change: (whole) => ({
      ...whole,
      ...changeWriters(whole, (writer) => ({
        write: async (chunk) => {
          const written = writer.write(chunk);
          await written.catch(() => undefined);
          await dawdle();
          return written;
        },
      })),
    }),
  },
  {
    what: "freezes its results",
    change: (whole) =>
      Object.freeze(
        lists(
          around(
            whole,
            promises(whole),
            (call) =>
              async (...args) =>
                frozen(await call(...args)),
          ),
          async function* (items) {
            for await (const item of items) yield frozen(item);
          },
        ),
      ),
  },
  { what: "is an instance of a class, with readers and writers that are instances, too", change: asInstance },
  { what: "is a proxy", change: (whole) => new Proxy(whole, {}) },
  {
    what: "has additional members",
    change: (whole) =>
      Object.assign(
        {
          ...readers(whole, (reader) =>
            Object.assign(changeReader(reader, {}), { path: "nowhere", locked: false }),
          ),
          ...changeWriters(whole, () => ({ offset: 7, abort: () => undefined }) as Partial<BlobWriter>),
        },
        { name: "a registry", stats: () => ({}), version: 3 },
      ),
  },
  { what: "has no capabilities member", change: (whole) => ({ ...whole, capabilities: undefined }) },
  {
    what: "removes the session after a failed commit",
    change: (whole) => ({ ...whole, ...changeWriters(whole, dropsFailed) }),
  },
  {
    what: "counts a chunk when write() is called",
    change: (whole) => ({ ...whole, ...changeWriters(whole, countsAtOnce) }),
  },
  {
    what: "suggests chunks of seven bytes",
    change: (whole) => ({
      ...whole,
      ...changeWriters(whole, () => ({ chunkSize: 7 })),
      resolveUpload: async (...args) => ({ ...(await whole.resolveUpload(...args)), chunkSize: 7 }),
    }),
  },
  {
    what: "suggests chunks of five MiB",
    change: (whole) => ({ ...whole, ...changeWriters(whole, () => ({ chunkSize: 5 * 1024 * 1024 })) }),
  },
  {
    what: "has upload ids in the form of URLs",
    change: (whole) =>
      withIds(
        whole,
        (id) => `${PREFIX}${id}`,
        (id) => (typeof id !== "string" ? id : id.startsWith(PREFIX) ? id.slice(PREFIX.length) : `no ${id}`),
      ),
  },
  { what: "fails with NAME_UNKNOWN for a read in a missing repository", change: unknownRepository },
  {
    what: "fails with DIGEST_INVALID if both digest and size are wrong",
    change: (whole) => ({ ...whole, pushBlob: otherCode(whole, "SIZE_INVALID", "DIGEST_INVALID") }),
  },
  {
    what: "does not return manifests as blobs",
    change: (whole) =>
      around(whole, ["getBlob"], (call) => async (...args) => {
        const reader = (await call(...args)) as BlobReader;
        const [repo, digest] = args as [string, string];
        const isManifest = await whole.resolveManifest(repo, digest).then(
          () => true,
          () => false,
        );
        if (!isManifest) return reader;
        await reader.close();
        throw new RegistryError("BLOB_UNKNOWN");
      }),
  },
  { what: "has list iterators without return()", change: (whole) => lists(whole, bare) },
  {
    what: "has lists that start again with each loop",
    change: (whole) =>
      around(whole, LISTS, (call) => (...args) => ({
        [Symbol.asyncIterator]: () => (call(...args) as AsyncIterable<unknown>)[Symbol.asyncIterator](),
      })),
  },
  {
    what: "has descriptors without a prototype, with members in another order",
    change: (whole) =>
      around(whole, RESOLVES, (call) => async (...args) => {
        const members = Object.entries((await call(...args)) as object).toReversed();
        return Object.setPrototypeOf(Object.fromEntries(members), null) as unknown;
      }),
  },
  { what: "throws errors of another copy of the library", change: (whole) => failing(whole, ofAnotherCopy) },
  {
    what: "throws errors of its own classes",
    change: (whole) => {
      class OwnError extends RegistryError {}
      class OwnTypeError extends TypeError {}
      class OwnRangeError extends RangeError {}
      return failing(whole, (error) => {
        if (isRegistryError(error))
          return new OwnError(error.code, "", { detail: error.detail, cause: new Error("the disk failed") });
        if (error instanceof RangeError) return new OwnRangeError(error.message);
        return error instanceof TypeError ? new OwnTypeError(error.message) : error;
      });
    },
  },
  {
    what: "has readers written by hand",
    change: (whole) =>
      readers(whole, async (reader, name) => {
        const iterator = reader[Symbol.asyncIterator]();
        const source = { [Symbol.asyncIterator]: () => iterator };
        const made: BlobReader = createBlobReader(reader.descriptor, source, {
          verify: name !== "getBlobRange",
        });
        return changeReader(made, {
          close: async () => {
            await made.close();
            await reader.close();
          },
          [Symbol.asyncDispose]: async () => {
            await made.close();
            await reader.close();
          },
        });
      }),
  },
  {
    what: "returns byte streams",
    change: (whole) =>
      readers(whole, (reader) =>
        changeReader(reader, {
          stream: () => {
            const chunks = reader[Symbol.asyncIterator]();
            return new ReadableStream({
              type: "bytes",
              pull: async (controller) => {
                let next = await chunks.next();
                while (next.done !== true && next.value.length === 0) next = await chunks.next();
                if (next.done === true) {
                  controller.close();
                  controller.byobRequest?.respond(0);
                } else controller.enqueue(new Uint8Array(next.value));
              },
              cancel: () => reader.close(),
            });
          },
        }),
      ),
  },
  { what: "is created after a delay", before: () => pause(3), change: (whole) => whole },
  {
    what: "keeps empty repositories",
    memory: { keepsEmptyRepositories: true },
    change: (whole) => whole,
  },
  {
    what: "shares its blobs",
    memory: { repositoryScopedBlobs: false },
    capabilities: { repositoryScopedBlobs: false },
    change: (whole) => whole,
  },
  {
    what: "permits cancelling an upload that has a writer",
    change: (whole) => {
      const open: Map<string, BlobWriter> = new Map();
      const noted = changeWriters(whole, (writer) => {
        open.set(writer.id, writer);
        return {};
      });
      return {
        ...whole,
        ...noted,
        cancelUpload: (repo, id, options) =>
          unless(whole.cancelUpload(repo, id, options), "BLOB_UPLOAD_INVALID", () => open.get(id)?.cancel()),
      };
    },
  },
];
