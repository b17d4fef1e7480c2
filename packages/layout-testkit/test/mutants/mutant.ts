import type {
  BlobReader,
  BlobWriter,
  Descriptor,
  Registry,
  RegistryCapabilities,
  RegistryError,
  RegistryErrorCode,
} from "@ocilayout/oci-types";
import { isRegistryError, octetStream } from "@ocilayout/oci-types";

import type { ConformanceTarget, TargetPlace } from "../../src/index.ts";
import type { MemoryOptions } from "../../src/memory/index.ts";
import { createMemoryRegistry } from "../../src/memory/index.ts";

/** A registry with one fault, and the cases that one would expect to find it. */
export interface Mutant {
  /** What is wrong with it: "a registry that …". */
  readonly what: string;
  readonly caughtBy: readonly string[];
  readonly capabilities: Partial<RegistryCapabilities>;
  readonly create: (place: TargetPlace) => ConformanceTarget;
}

/** The calls that are wrong, given those that are right. */
export type Defect = (whole: Registry, place: TargetPlace) => Partial<Registry>;

/** What a mutant is made of, beside its defect. */
export interface MutantOptions {
  readonly capabilities?: Partial<RegistryCapabilities>;
  readonly memory?: MemoryOptions;
  /** In place of the same content, with the same defect. */
  readonly reopen?: (whole: Registry) => Registry;
}

/** Makes a mutant of a registry in memory. It is opened again over the same content, as one on a disk would be. */
export function mutant(
  what: string,
  caughtBy: readonly string[],
  defect: Defect,
  options: MutantOptions = {},
): Mutant {
  const create = (place: TargetPlace): ConformanceTarget => {
    // It says nothing of itself: what is expected of it is in the options.
    const whole: Registry = { ...createMemoryRegistry(options.memory), capabilities: undefined };
    const open = (): Registry => ({ ...whole, ...defect(whole, place) });
    return { registry: open(), reopen: async () => options.reopen?.(whole) ?? open() };
  };
  return { what, caughtBy, capabilities: options.capabilities ?? {}, create };
}

/** What `promise` gives, or `instead` where it rejects with this code. */
export async function unless<Value, Code extends RegistryErrorCode>(
  promise: Promise<Value>,
  code: Code,
  instead: (error: RegistryError<Code>) => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await promise;
  } catch (error) {
    if (isRegistryError(error, code)) return instead(error);
    throw error;
  }
}

/** The descriptor of a blob that need not be there. */
export function pretend(digest: string, size: number): Descriptor {
  return { mediaType: octetStream, digest: digest as Descriptor["digest"], size };
}

/** A list of what comes of a promise. */
export async function* listOf<Item>(items: Promise<readonly Item[]>): AsyncGenerator<Item, void, undefined> {
  yield* await items;
}

/** The document, where it is one. */
export function documentOf(content: unknown): Readonly<Record<string, unknown>> {
  try {
    const document: unknown =
      content instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(content)) : undefined;
    return typeof document === "object" && document !== null ? (document as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** `reader`, but for some members. */
export function changeReader(reader: BlobReader, change: Partial<BlobReader>): BlobReader {
  return {
    descriptor: reader.descriptor,
    stream: () => reader.stream(),
    bytes: () => reader.bytes(),
    text: () => reader.text(),
    json: () => reader.json(),
    close: () => reader.close(),
    [Symbol.asyncIterator]: () => reader[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
    ...change,
  };
}

/** `writer`, but for some members. */
export function changeWriter(writer: BlobWriter, change: Partial<BlobWriter>): BlobWriter {
  const changed = {
    id: writer.id,
    chunkSize: writer.chunkSize,
    get size(): number {
      return writer.size;
    },
    write: (chunk: Uint8Array) => writer.write(chunk),
    close: () => writer.close(),
    commit: (digest: string) => writer.commit(digest),
    cancel: () => writer.cancel(),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
  for (const [name, value] of Object.entries(Object.getOwnPropertyDescriptors(change)))
    Object.defineProperty(changed, name, value);
  const dispose = change[Symbol.asyncDispose];
  if (dispose !== undefined) changed[Symbol.asyncDispose] = dispose;
  return changed;
}

/** The two calls that give writers, with each writer changed. */
export function changeWriters(
  whole: Registry,
  change: (writer: BlobWriter, repo: string) => Partial<BlobWriter>,
): Pick<Registry, "pushBlobChunked" | "pushBlobChunkedResume"> {
  const changed = (writer: BlobWriter, repo: string): BlobWriter =>
    changeWriter(writer, change(writer, repo));
  return {
    pushBlobChunked: async (repo, options) => changed(await whole.pushBlobChunked(repo, options), repo),
    pushBlobChunkedResume: async (repo, id, options) =>
      changed(await whole.pushBlobChunkedResume(repo, id, options), repo),
  };
}

/** A moment, in which others get their turn. */
export async function moment(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
