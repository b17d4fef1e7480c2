import type { BlobReader, Registry } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import type { ConformanceOptions, ConformanceTarget } from "../../src/index.ts";
import { runConformance } from "../../src/index.ts";
import { createMemoryRegistry } from "../../src/memory/index.ts";
import { changeReader, changeWriters } from "../mutants/mutant.ts";

/** A registry in memory that says nothing of what it can do, so that all of it is asked for. */
function silentRegistry(): Registry {
  return { ...createMemoryRegistry(), capabilities: undefined };
}

/** What JavaScript lets be thrown. */
const nothing = undefined as unknown as Error;

const never = async (): Promise<never> =>
  new Promise(() => {
    // It never settles.
  });

/** What answers every question in the same way. */
function everything(answer: (name: PropertyKey) => unknown): Registry {
  return new Proxy({} as Registry, { has: () => true, get: (_target, name) => answer(name) });
}

const whole = (change: (whole: Registry) => Partial<Registry>) => (): ConformanceTarget => {
  const memory: Registry = silentRegistry();
  const open = (): Registry => ({ ...memory, ...change(memory) });
  return { registry: open(), reopen: async () => open() };
};

const registry = (it: unknown) => (): ConformanceTarget => ({
  registry: it as Registry,
  reopen: async () => it as Registry,
});

const deep = (): Registry => everything(() => deep);

async function* endless(item: unknown): AsyncGenerator<never> {
  for (;;) yield item as never;
}

const pauseless = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: "a" }) }),
} as AsyncIterable<never>;

function readers(
  change: (reader: BlobReader) => Partial<BlobReader>,
): (whole: Registry) => Partial<Registry> {
  return (it) => ({
    getBlob: async (...args) => changed(await it.getBlob(...args)),
    getBlobRange: async (...args) => changed(await it.getBlobRange(...args)),
    getManifest: async (...args) => changed(await it.getManifest(...args)),
    getTag: async (...args) => changed(await it.getTag(...args)),
  });
  function changed(reader: BlobReader): BlobReader {
    return changeReader(reader, change(reader));
  }
}

const byte = Uint8Array.of(1);

/** Targets of which all of the cases, or nearly all, must come out badly. */
const hopeless: readonly (readonly [what: string, create: ConformanceOptions["create"]])[] = [
  ["create() never ends", never],
  [
    "create() throws",
    () => {
      throw new Error("no target");
    },
  ],
  [
    "create() throws undefined",
    () => {
      throw nothing;
    },
  ],
  ["create() gives undefined", () => undefined as never],
  ["create() gives {}", () => ({}) as never],
  ["create() gives a registry that is null", registry(null)],
  ["create() gives a registry that is a function", registry(() => undefined)],
  ["create() gives an empty registry", registry({})],
  ["create() gives what answers everything with a function", () => deep() as never],
  [
    "every method never ends",
    registry({ ...everyMethod(never), tags: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }) }),
  ],
  [
    "every method throws",
    registry(
      everyMethod(() => {
        throw new Error("no");
      }),
    ),
  ],
  [
    "every method throws undefined",
    registry(
      everyMethod(() => {
        throw nothing;
      }),
    ),
  ],
  [
    "every method rejects with undefined",
    registry(
      everyMethod(async () => {
        throw nothing;
      }),
    ),
  ],
  ["every method gives undefined", registry(everyMethod(() => undefined))],
  ["every method resolves to undefined", registry(everyMethod(async () => undefined))],
  ["every method resolves to null", registry(everyMethod(async () => null))],
  ["every method resolves to text", registry(everyMethod(async () => "rubbish"))],
  [
    "every method resolves to an object without a prototype",
    registry(everyMethod(async () => Object.create(null) as unknown)),
  ],
  [
    "every method gives a promise that calls nobody back",
    registry(everyMethod(() => ({ then: () => undefined }))),
  ],
  [
    "every method gives a promise that throws",
    registry(
      everyMethod(() => ({
        then: () => {
          throw new Error("no");
        },
      })),
    ),
  ],
  ["every method gives an endless list", registry(everyMethod(() => endless("a")))],
  [
    "every method resolves to what answers everything with a function",
    registry(everyMethod(async () => everything((name) => (name === "then" ? undefined : deep)))),
  ],
  [
    "every method resolves to what throws whatever it is asked",
    registry(
      everyMethod(async () =>
        everything((name) => {
          if (name === "then") return undefined;
          throw new Error(String(name));
        }),
      ),
    ),
  ],
  ["the registry answers everything with a function", registry(deep())],
  ["the registry answers everything with a number", registry(everything(() => 1))],
  [
    "the registry throws whatever it is asked",
    registry(
      everything(() => {
        throw new Error("no");
      }),
    ),
  ],
];

/** Targets with one thing gone wrong: some case must say so, and the run must end. */
const spoilt: readonly (readonly [what: string, create: ConformanceOptions["create"]])[] = [
  ["dispose never ends", () => ({ registry: silentRegistry(), [Symbol.asyncDispose]: never })],
  [
    "dispose throws",
    () => ({
      registry: silentRegistry(),
      [Symbol.asyncDispose]: () => {
        throw new Error("no");
      },
    }),
  ],
  [
    "dispose rejects",
    () => ({
      registry: silentRegistry(),
      [Symbol.asyncDispose]: async () => {
        throw new Error("no");
      },
    }),
  ],
  ["dispose is no function", () => ({ registry: silentRegistry(), [Symbol.asyncDispose]: 1 as never })],
  ["reopen never ends", () => ({ registry: silentRegistry(), reopen: never })],
  [
    "reopen throws",
    () => ({
      registry: silentRegistry(),
      reopen: () => {
        throw new Error("no");
      },
    }),
  ],
  ["reopen gives undefined", () => ({ registry: silentRegistry(), reopen: async () => undefined as never })],
  ["reopen gives null", () => ({ registry: silentRegistry(), reopen: async () => null as never })],
  ["reopen gives {}", () => ({ registry: silentRegistry(), reopen: async () => ({}) as never })],
  ["reopen is no function", () => ({ registry: silentRegistry(), reopen: 1 as never })],
  [
    "lists never end",
    whole(() => ({
      tags: () => endless("a"),
      referrers: () => endless({}),
      repositories: () => endless("a"),
    })),
  ],
  [
    "lists never end and never pause",
    whole(() => ({ tags: () => pauseless, referrers: () => pauseless, repositories: () => pauseless })),
  ],
  [
    "lists have items that are undefined",
    whole(() => ({
      tags: () => endless(undefined),
      repositories: async function* () {
        yield undefined as never;
      },
      referrers: async function* () {
        yield undefined as never;
      },
    })),
  ],
  [
    "lists never begin",
    whole(() => ({ tags: () => ({ [Symbol.asyncIterator]: () => ({ next: never, return: never }) }) })),
  ],
  [
    "lists cannot be left",
    whole((it) => ({
      tags: (...args) => ({
        [Symbol.asyncIterator]: () => {
          const inner = it.tags(...args)[Symbol.asyncIterator]();
          return { next: async () => inner.next(), return: never };
        },
      }),
    })),
  ],
  [
    "lists give no results",
    whole(() => ({
      tags: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => undefined as never }) }),
    })),
  ],
  [
    "lists have no iterator",
    whole(() => ({ tags: () => ({ [Symbol.asyncIterator]: () => undefined as never }) })),
  ],
  ["readers' chunks never end", whole(readers(() => ({ [Symbol.asyncIterator]: () => endless(byte) })))],
  [
    "readers' chunks are empty for ever",
    whole(readers(() => ({ [Symbol.asyncIterator]: () => endless(new Uint8Array()) }))),
  ],
  [
    "readers' streams never end",
    whole(
      readers(() => ({
        stream: () =>
          new ReadableStream<Uint8Array>({
            pull: (controller) => {
              controller.enqueue(byte);
            },
          }),
      })),
    ),
  ],
  [
    "readers' streams never begin",
    whole(readers(() => ({ stream: () => new ReadableStream<Uint8Array>({ pull: never }) }))),
  ],
  ["readers' streams are undefined", whole(readers(() => ({ stream: () => undefined as never })))],
  ["readers never close", whole(readers(() => ({ close: never, [Symbol.asyncDispose]: never })))],
  ["readers never give bytes", whole(readers(() => ({ bytes: never })))],
  ["readers give text for bytes", whole(readers(() => ({ bytes: async () => "rubbish" as never })))],
  ["readers have no descriptor", whole(readers(() => ({ descriptor: undefined as never })))],
  ["writers never write", whole((it) => changeWriters(it, () => ({ write: never })))],
  [
    "writers never close",
    whole((it) => changeWriters(it, () => ({ close: never, [Symbol.asyncDispose]: never }))),
  ],
  ["writers never commit", whole((it) => changeWriters(it, () => ({ commit: never })))],
  ["writers are rubbish", whole(() => ({ pushBlobChunked: async () => ({ commit: 1 }) as never }))],
  ["nothing is stored, for ever", whole(() => ({ pushBlob: never, pushManifest: never }))],
  [
    "sources are never read to the end",
    whole(() => ({
      pushBlob: async (_repo, _descriptor, content) => {
        await collect(content as AsyncIterable<Uint8Array>);
        return never();
      },
    })),
  ],
];

function everyMethod(answer: (...args: unknown[]) => unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(createMemoryRegistry())
      .filter((name) => name !== "capabilities")
      .map((name) => [name, answer]),
  );
}

describe("a run ends with failures if", () => {
  it.concurrent.each(hopeless)(
    "%s",
    async (_what, create) => {
      const { ok, results } = await runConformance({ create, seed: 1, runs: 3, timeoutMs: 200 });
      expect(ok).toBe(false);
      // Some cases only want a push to resolve, or ask that two calls do not both succeed.
      expect(results.filter(({ status }) => status === "pass").length).toBeLessThan(10);
      for (const { status, message } of results)
        if (status !== "pass") expect(message).toEqual(expect.any(String));
    },
    300_000,
  );

  it.concurrent.each(spoilt)(
    "%s",
    async (_what, create) => {
      const { ok, results } = await runConformance({ create, seed: 1, runs: 3, timeoutMs: 200 });
      expect(ok).toBe(false);
      expect(results.some(({ status }) => status === "fail" || status === "error")).toBe(true);
    },
    300_000,
  );
});
