import { Buffer } from "node:buffer";

import type { BlobReader, Descriptor, Registry, RegistryCapabilities } from "@ocilayout/oci-types";
import { defineRegistry } from "@ocilayout/oci-backend";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import type { ConformanceTarget } from "../../src/index.ts";
import type { MemoryOptions } from "../../src/memory/index.ts";
import { createMemoryRegistry } from "../../src/memory/index.ts";
import { changeReader, moment, unless } from "../mutants/mutant.ts";

/** A registry that uses the freedom of the contract in another way. */
export interface Benign {
  /** Its behaviour, as the continuation of “a registry that …”. */
  readonly what: string;
  readonly capabilities: Partial<RegistryCapabilities>;
  readonly create: () => ConformanceTarget;
}

interface BenignOptions {
  readonly capabilities?: Partial<RegistryCapabilities>;
  readonly memory?: MemoryOptions;
}

function benign(
  what: string,
  change: (whole: Registry) => Partial<Registry>,
  { capabilities = {}, memory }: BenignOptions = {},
): Benign {
  const create = (): ConformanceTarget => {
    const whole: Registry = { ...createMemoryRegistry(memory), capabilities: undefined };
    const open = (): Registry => ({ ...whole, ...change(whole) });
    return { registry: open(), reopen: async () => open() };
  };
  return { what, capabilities, create };
}

type Call = (...args: unknown[]) => Promise<unknown>;
const LISTS: ReadonlySet<string> = new Set(["tags", "referrers", "repositories"]);
const READS = [
  "getBlob",
  "getBlobRange",
  "getManifest",
  "getTag",
  "resolveBlob",
  "resolveManifest",
  "resolveTag",
] as const;
const DELETES = ["deleteBlob", "deleteManifest", "deleteTag"] as const;
const UPLOADS = ["pushBlobChunked", "pushBlobChunkedResume", "resolveUpload", "cancelUpload"] as const;

/** Wraps every call that returns a promise in `around`. */
function everyCall(
  whole: Registry,
  around: (call: () => Promise<unknown>, args: readonly unknown[]) => Promise<unknown>,
  names: readonly string[] = Object.keys(whole),
): Partial<Registry> {
  const calls = names.filter((name) => !LISTS.has(name) && typeof Reflect.get(whole, name) === "function");
  return Object.fromEntries(
    calls.map((name) => [
      name,
      async (...args: unknown[]) => around(() => (Reflect.get(whole, name) as Call)(...args), args),
    ]),
  );
}

/** Passes every returned descriptor through `dress`. */
function everyDescriptor(whole: Registry, dress: (descriptor: Descriptor) => Descriptor): Partial<Registry> {
  const isDescriptor = (value: unknown): value is Descriptor =>
    typeof value === "object" && value !== null && "digest" in value;
  const isReader = (value: unknown): value is BlobReader =>
    typeof value === "object" && value !== null && "bytes" in value;
  return {
    ...everyCall(whole, async (call) => {
      const value = await call();
      if (isReader(value)) return changeReader(value, { descriptor: dress(value.descriptor) });
      return isDescriptor(value) ? dress(value) : value;
    }),
    async *referrers(...args) {
      for await (const descriptor of whole.referrers(...args)) yield dress(descriptor);
    },
  };
}

/** Returns methods that reject with UNSUPPORTED. */
function without(names: readonly string[]): Partial<Registry> {
  return Object.fromEntries(
    names.map((name) => {
      const refuse = (): never => {
        throw new RegistryError("UNSUPPORTED", `${name} is not supported`);
      };
      return [
        name,
        LISTS.has(name)
          ? // eslint-disable-next-line require-yield -- a list of nothing but its error
            async function* (): AsyncGenerator<never> {
              refuse();
            }
          : async () => refuse(),
      ];
    }),
  );
}

function conditionless(whole: Registry): Partial<Registry> {
  const refuse = ({
    ifMatch,
    ifNoneMatch,
  }: { readonly ifMatch?: unknown; readonly ifNoneMatch?: unknown } = {}): void => {
    if (ifMatch !== undefined || ifNoneMatch !== undefined) throw new RegistryError("UNSUPPORTED");
  };
  return {
    async pushManifest(repo, content, mediaType, options) {
      refuse(options);
      return whole.pushManifest(repo, content, mediaType, options);
    },
    async deleteTag(repo, tag, options) {
      refuse(options);
      await whole.deleteTag(repo, tag, options);
    },
  };
}

function refusesSha512(whole: Registry, code: "DIGEST_INVALID" | "UNSUPPORTED"): Partial<Registry> {
  const check = (args: readonly unknown[]): void => {
    const said = JSON.stringify(args.map((it) => (it instanceof Uint8Array ? "" : it)));
    if (/sha512:[0-9a-f]{128}"|"digestAlgorithm":"sha512"/.test(said)) throw new RegistryError(code);
  };
  return {
    ...everyCall(whole, async (call, args) => {
      check(args);
      return call();
    }),
    async *referrers(...args) {
      check(args);
      yield* whole.referrers(...args);
    },
  };
}

/** Returns an error as another copy of the package would create it. */
function foreignError(error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error;
  const copy = new Error(`from elsewhere: ${error.message}`);
  for (const key of Object.getOwnPropertySymbols(Object.getPrototypeOf(error) as object))
    Object.defineProperty(copy, key, { value: Reflect.get(error, key) });
  for (const key of Object.getOwnPropertySymbols(error))
    Object.defineProperty(copy, key, { value: Reflect.get(error, key) });
  return Object.assign(copy, { code: error.code as unknown, detail: error.detail as unknown });
}

const METHODS: Readonly<Record<string, readonly string[]>> = {
  deleteBlob: ["deleteBlob"],
  deleteManifest: ["deleteManifest"],
  deleteTag: ["deleteTag"],
  mount: ["mountBlob"],
  resumableUploads: UPLOADS,
  repositories: ["repositories"],
  referrers: ["referrers"],
};

const allMethods = Object.values(METHODS).flat();
const noMethods = Object.fromEntries(Object.keys(METHODS).map((name) => [name, false]));

/** Every pushed manifest, by registry and repository. */
const pushedTo: WeakMap<Registry, Map<string, Set<string>>> = new WeakMap();

function manifestsAlone(whole: Registry): Partial<Registry> {
  const pushed = pushedTo.get(whole) ?? new Map<string, Set<string>>();
  pushedTo.set(whole, pushed);
  const has = async (repo: string): Promise<boolean> => {
    for (const digest of pushed.get(repo) ?? [])
      if (
        await unless(
          whole.resolveManifest(repo, digest).then(() => true),
          "MANIFEST_UNKNOWN",
          () => false,
        )
      )
        return true;
    return false;
  };
  return {
    async pushManifest(repo, ...rest) {
      const descriptor = await whole.pushManifest(repo, ...rest);
      pushed.set(repo, (pushed.get(repo) ?? new Set()).add(descriptor.digest));
      return descriptor;
    },
    async *tags(repo, options) {
      const iterator = whole.tags(repo, options)[Symbol.asyncIterator]();
      const first = await iterator.next();
      if (!(await has(repo))) throw new RegistryError("NAME_UNKNOWN");
      for (let item = first; item.done !== true; item = await iterator.next()) yield item.value;
    },
    async *repositories({ limit, ...options } = {}) {
      let left = limit ?? Infinity;
      for await (const name of whole.repositories({
        ...options,
        limit: limit === undefined || limit >= 0 ? undefined : limit,
      })) {
        if (left === 0) return;
        if (!(await has(name))) continue;
        left -= 1;
        yield name;
      }
    },
  };
}

/** Variants that the clauses 12 to 21, 26 and 28 permit. */
export const benignVariants: readonly Benign[] = [
  benign("fails with NAME_UNKNOWN if a repository is missing", (whole) =>
    everyCall(
      whole,
      async (call, args) =>
        unless(call(), "MANIFEST_UNKNOWN", async (error) => {
          for await (const name of whole.repositories()) if (name === args[0]) throw error;
          throw new RegistryError("NAME_UNKNOWN");
        }),
      [...READS, ...DELETES],
    ),
  ),
  benign("fails with NAME_UNKNOWN for blobs of a missing repository", (whole) =>
    everyCall(
      whole,
      async (call, args) =>
        unless(call(), "BLOB_UNKNOWN", async (error) => {
          for await (const name of whole.repositories()) if (name === args[0]) throw error;
          throw new RegistryError("NAME_UNKNOWN");
        }),
      [...READS, "deleteBlob"],
    ),
  ),
  benign("does not list a repository that has only blobs", manifestsAlone),
  benign("keeps an emptied repository", () => ({}), { memory: { keepsEmptyRepositories: true } }),
  benign("keeps an emptied repository and shares blobs", () => ({}), {
    memory: { keepsEmptyRepositories: true, repositoryScopedBlobs: false },
    capabilities: { repositoryScopedBlobs: false },
  }),
  benign("answers after a varying delay", (whole) =>
    everyCall(
      whole,
      async (call) => {
        for (let i = Math.floor(Math.random() * 3); i > 0; i -= 1) await moment();
        try {
          return await call();
        } finally {
          if (Math.random() < 0.5) await moment();
        }
      },
      Object.keys(whole).filter((name) => name !== "pushBlob"),
    ),
  ),
  benign("freezes its results", (whole) =>
    everyDescriptor(whole, (it) =>
      Object.freeze({ ...it, ...(it.annotations && { annotations: Object.freeze({ ...it.annotations }) }) }),
    ),
  ),
  benign("returns objects without a prototype", (whole) =>
    everyDescriptor(whole, (it) =>
      Object.assign(
        Object.create(null) as Descriptor,
        it,
        it.annotations && { annotations: Object.assign(Object.create(null) as object, it.annotations) },
      ),
    ),
  ),
  benign("returns members in another order", (whole) =>
    everyDescriptor(whole, (it) => Object.fromEntries(Object.entries(it).reverse()) as unknown as Descriptor),
  ),
  benign("returns descriptors of a class", (whole) =>
    everyDescriptor(whole, (it) =>
      Object.assign(Object.create({ describe: () => it.digest }) as Descriptor, it),
    ),
  ),
  benign("accepts manifests of at most 4 MiB", () => ({}), { memory: { maxManifestBytes: 4 * 1024 * 1024 } }),
  benign("accepts manifests of 64 MiB", () => ({}), { memory: { maxManifestBytes: 64 * 1024 * 1024 } }),
  benign("lists missing blobs as a plain array of descriptors", (whole) => ({
    pushManifest: async (...args) =>
      unless(whole.pushManifest(...args), "MANIFEST_BLOB_UNKNOWN", (error) => {
        const detail: unknown = error.detail?.missing.map((digest) => ({ digest, where: "here" }));
        throw new RegistryError("MANIFEST_BLOB_UNKNOWN", "", { detail: detail as typeof error.detail });
      }),
  })),
  benign("names missing blobs in a sentence", (whole) => ({
    pushManifest: async (...args) =>
      unless(whole.pushManifest(...args), "MANIFEST_BLOB_UNKNOWN", (error) => {
        const detail: unknown = { reason: `missing: ${error.detail?.missing.join(" and ") ?? ""}` };
        throw new RegistryError("MANIFEST_BLOB_UNKNOWN", "", { detail: detail as typeof error.detail });
      }),
  })),
  benign("omits optional details", (whole) =>
    everyCall(whole, async (call) =>
      call().catch((error: unknown) => {
        if (!isRegistryError(error) || isRegistryError(error, "MANIFEST_BLOB_UNKNOWN", "DENIED")) throw error;
        throw new RegistryError(error.code);
      }),
    ),
  ),
  benign("throws errors of another copy of the package", (whole) =>
    everyCall(whole, async (call) =>
      call().catch((error: unknown) => {
        throw foreignError(error);
      }),
    ),
  ),
  benign("does not return manifests as blobs", (whole) => {
    const blobs: Set<string> = new Set();
    return {
      ...everyCall(
        whole,
        async (call, [repo, digest]) => {
          const value = await call();
          if (blobs.has(`${String(repo)} ${String(digest)}`)) return value;
          const isManifest = await unless(
            whole.resolveManifest(String(repo), String(digest)).then(() => true),
            "MANIFEST_UNKNOWN",
            () => false,
          );
          if (!isManifest) return value;
          await (value as Partial<BlobReader>).close?.();
          throw new RegistryError("BLOB_UNKNOWN");
        },
        ["getBlob", "getBlobRange", "resolveBlob"],
      ),
      async pushBlob(repo, ...rest) {
        const descriptor = await whole.pushBlob(repo, ...rest);
        blobs.add(`${repo} ${descriptor.digest}`);
        return descriptor;
      },
    };
  }),
  benign("returns Buffers", (whole) =>
    everyCall(
      whole,
      async (call) => {
        const reader = (await call()) as BlobReader;
        return changeReader(reader, {
          bytes: async () => Buffer.from(await reader.bytes()),
          async *[Symbol.asyncIterator]() {
            for await (const chunk of reader) yield Buffer.from(chunk);
          },
        });
      },
      ["getManifest", "getTag"],
    ),
  ),
  benign("returns lists without return()", (whole) => {
    const bare = <Item>(list: AsyncIterable<Item>): AsyncIterable<Item> => ({
      [Symbol.asyncIterator]: () => {
        const iterator = list[Symbol.asyncIterator]();
        return { next: async () => iterator.next() };
      },
    });
    return {
      tags: (...args) => bare(whole.tags(...args)),
      referrers: (...args) => bare(whole.referrers(...args)),
      repositories: (...args) => bare(whole.repositories(...args)),
    };
  }),
  benign("lists all of its capabilities", () => ({
    capabilities: {
      deleteBlob: true,
      deleteManifest: true,
      deleteTag: true,
      resumableUploads: true,
      mount: true,
      repositories: true,
      referrers: true,
      repositoryScopedBlobs: true,
      checksReferences: true,
      conditionalTags: true,
      persistent: true,
      sha512: true,
    },
  })),
  benign("has no capabilities member", () => ({ capabilities: undefined })),
  benign("is made by defineRegistry", (whole) => defineRegistry(whole)),
  ...Object.entries(METHODS).map(([name, methods]) =>
    benign(`has no ${methods.join(", ")}`, () => without(methods), { capabilities: { [name]: false } }),
  ),
  benign("supports almost nothing", (whole) => ({ ...conditionless(whole), ...without(allMethods) }), {
    capabilities: { ...noMethods, conditionalTags: false },
  }),
  benign(
    "supports almost nothing, by defineRegistry",
    (whole) =>
      defineRegistry(
        Object.fromEntries(
          Object.entries({ ...whole, ...conditionless(whole) }).filter(
            ([name]) => !allMethods.includes(name),
          ),
        ),
      ),
    {
      capabilities: { ...noMethods, conditionalTags: false },
    },
  ),
  benign(
    "supports nothing and promises nothing",
    (whole) => {
      const wanting = { ...whole, ...conditionless(whole), ...without(allMethods) };
      return { ...wanting, ...refusesSha512(wanting, "DIGEST_INVALID"), ...without(allMethods) };
    },
    {
      memory: { repositoryScopedBlobs: false, allowSparse: true },
      capabilities: {
        ...noMethods,
        conditionalTags: false,
        repositoryScopedBlobs: false,
        checksReferences: false,
        sha512: false,
      },
    },
  ),
  benign("supports no preconditions", conditionless, { capabilities: { conditionalTags: false } }),
  benign("supports no deletions", () => without(DELETES), {
    capabilities: { deleteBlob: false, deleteManifest: false, deleteTag: false },
  }),
  benign("does not check references", () => ({}), {
    memory: { allowSparse: true },
    capabilities: { checksReferences: false },
  }),
  benign("shares blobs", () => ({}), {
    memory: { repositoryScopedBlobs: false },
    capabilities: { repositoryScopedBlobs: false },
  }),
  benign("supports only sha256", (whole) => refusesSha512(whole, "DIGEST_INVALID"), {
    capabilities: { sha512: false },
  }),
  benign("rejects sha512 with UNSUPPORTED", (whole) => refusesSha512(whole, "UNSUPPORTED"), {
    capabilities: { sha512: false },
  }),
  {
    what: "forgets everything",
    capabilities: { persistent: false },
    create: () => ({ registry: createMemoryRegistry(), reopen: async () => createMemoryRegistry() }),
  },
  { what: "cannot be opened again", capabilities: {}, create: () => ({ registry: createMemoryRegistry() }) },
];
